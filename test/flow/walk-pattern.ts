import type { Bytes } from "../../src/contract/index.ts";

/** A prime, so that no cut of a power of two looks like another. */
const PERIOD = 251;
const LONGEST_BYTES = 400_000;

const cycle: Bytes = Uint8Array.from({ length: LONGEST_BYTES + PERIOD }, (_, at) => at % PERIOD);

/** `byteCount` bytes of an endless stream, from `offset` on. Each byte says where it belongs. */
export function pattern(offset: number, byteCount: number): Bytes {
  return cycle.subarray(offset % PERIOD, (offset % PERIOD) + byteCount);
}

/** Whether `chunk` is what the stream has at `offset`. */
export function isPattern(chunk: Bytes, offset: number): boolean {
  return Buffer.compare(chunk, pattern(offset, chunk.byteLength)) === 0;
}
