import type { Bytes } from "../../../contract/index.ts";

/** What the system may hold of a descriptor that failed is read in pieces of so much. */
export const REST_BYTES: number = 64 * 1024;

/** The first `byteCount` bytes; a small piece keeps nothing larger alive. */
export function keptApart(block: Bytes, byteCount: number): Bytes {
  return byteCount < SMALL_BYTES ? block.slice(0, byteCount) : block.subarray(0, byteCount);
}

const SMALL_BYTES = 4096;
