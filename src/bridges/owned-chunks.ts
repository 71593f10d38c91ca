import type { Bytes } from "../contract/index.ts";

/**
 * `chunk` in pieces that keep little more memory alive than they hold: itself, where it does;
 * copies where it is a small view of something large, or larger than one chunk may be.
 */
export function ownedChunks(chunk: Bytes): readonly Bytes[] {
  const allowed = chunk.length < SMALL_BYTES ? SMALL_PINS_BYTES : CHUNK_MAX_BYTES;
  if (chunk.buffer.byteLength <= allowed) return [chunk];
  const pieces: Bytes[] = [];
  for (let begin = 0; begin < chunk.length; begin += CHUNK_MAX_BYTES) {
    pieces.push(new Uint8Array(chunk.subarray(begin, begin + CHUNK_MAX_BYTES)));
  }
  return pieces;
}

const SMALL_BYTES = 4 * 1024;
const SMALL_PINS_BYTES = 16 * 1024;
const CHUNK_MAX_BYTES = 256 * 1024;
