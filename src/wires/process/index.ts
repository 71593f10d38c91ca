/** `overwall/process`: child processes. */
export type { ChildFd } from "./child-fds.ts";
export { childProcess, type ProcessOptions } from "./process.ts";
