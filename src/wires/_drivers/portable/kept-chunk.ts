import type { Bytes } from "../../../contract/index.ts";

/** `chunk`, or a copy of it where keeping it would keep much more memory alive. */
export function keptChunk(chunk: Bytes): Bytes {
  const allowed = chunk.length < 4 * 1024 ? 16 * 1024 : 256 * 1024;
  return chunk.buffer.byteLength > allowed ? new Uint8Array(chunk) : chunk;
}
