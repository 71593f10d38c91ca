/** `overwall/pty`: child processes on pseudo-terminals. */
export { type PtyOptions, pty } from "./pty.ts";
