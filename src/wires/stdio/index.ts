/** `overwall/stdio`: the standard streams of this process. */
export { finishStdio } from "./live-stdio.ts";
export { type StdioOptions, stdio } from "./stdio.ts";
