import type { Bytes } from "../../../contract/index.ts";

/**
 * `chunks` as they are written: small ones copied together, large ones cut, so that neither many
 * calls nor one long one is made. Nothing is gathered by the system here.
 */
export function pieces(chunks: readonly Bytes[]): Bytes[] {
  const made: Bytes[] = [];
  let small: Bytes[] = [];
  let smallBytes = 0;
  const flush = (): void => {
    if (small.length > 0) made.push(joined(small, smallBytes));
    small = [];
    smallBytes = 0;
  };
  for (const chunk of chunks) {
    if (chunk.length >= SMALL_BYTES || smallBytes + chunk.length > PIECE_BYTES) flush();
    if (chunk.length < SMALL_BYTES) {
      small.push(chunk);
      smallBytes += chunk.length;
      continue;
    }
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      made.push(chunk.subarray(at, at + PIECE_BYTES));
    }
  }
  flush();
  return made;
}

function joined(chunks: readonly Bytes[], byteCount: number): Bytes {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(byteCount);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

const PIECE_BYTES = 64 * 1024;
const SMALL_BYTES = 16 * 1024;
