/** Framing: bytes to messages and back, without I/O. It stands on the contract and on flow. */

export type { ByteQueue } from "./byte-queue.ts";
export * from "./delimited.ts";
export * from "./frame-decoder.ts";
export * from "./framed-protocol.ts";
export * from "./frames.ts";
export * from "./length-prefixed.ts";
export * from "./lines.ts";
export * from "./netstring.ts";
export type { Unreadable } from "./unread.ts";
