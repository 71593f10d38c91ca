/** `overwall/file`: files, read, written, appended to or followed. */
export { type FileOptions, file } from "./file.ts";
