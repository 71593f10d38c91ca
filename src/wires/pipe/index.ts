/** `overwall/pipe`: named pipes of Windows. */
export { type PipeOptions, pipe } from "./pipe.ts";
