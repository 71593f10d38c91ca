import type { Bytes } from "../contract/index.ts";
import { check } from "./check.ts";

/** Bytes that tell where they belong: a pseudo-random stream, the same for the same seed. */
export function pattern(byteCount: number, seed = 1): Bytes {
  const words = new Uint32Array(Math.ceil(byteCount / 4));
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return new Uint8Array(words.buffer, 0, byteCount);
}

/** Fails unless `chunks` one after the other are `expected`, and says where they part. */
export function checkBytes(chunks: readonly Bytes[], expected: Bytes, what: string): void {
  let at = 0;
  for (const chunk of chunks) {
    for (let index = 0; index < chunk.byteLength; index++, at++) {
      if (chunk[index] === expected[at]) continue;
      check(false, `${what}: byte ${at} of ${expected.byteLength} differs`);
    }
  }
  check(at === expected.byteLength, `${what}: ${at} of ${expected.byteLength} bytes are there`);
}

/** The pieces of `data`, each at most `sizeMax` long. */
export function* piecesOf(data: Bytes, sizeMax: number): Generator<Bytes> {
  for (let at = 0; at < data.byteLength; at += sizeMax) yield data.subarray(at, at + sizeMax);
}
