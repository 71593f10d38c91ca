/** `overwall/unix`: connections over UNIX-domain sockets. */
export { type UnixOptions, unix } from "./unix.ts";
