import assert from "node:assert/strict";
import fc from "fast-check";
import type { Bytes } from "../../src/contract/index.ts";
import type { FrameCodec, FrameDecoder } from "../../src/framing/index.ts";

/**
 * How many cases a property is tried with, and which: the same ones each time unless told
 * otherwise.
 */
export const checks: { readonly numRuns: number; readonly seed: number } = {
  numRuns: Number(process.env["OVERWALL_FUZZ_RUNS"] ?? 200),
  seed: Number(process.env["OVERWALL_SEED"] ?? 1),
};

export function bytes(text: string): Bytes {
  return new TextEncoder().encode(text);
}

export function text(data: Bytes): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(data);
}

export function concat(parts: readonly Bytes[]): Bytes {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export function encodeAll(codec: FrameCodec, frames: readonly Bytes[]): Bytes {
  return concat(frames.flatMap((frame) => codec.encode(frame)));
}

/** Cuts `data` at the given places, taken modulo its length. */
export function split(data: Bytes, places: readonly number[]): Bytes[] {
  const sorted = [...new Set(places.map((place) => place % (data.length + 1)))].sort(
    (a, b) => a - b,
  );
  return [0, ...sorted].map((start, i) => data.slice(start, sorted[i] ?? data.length));
}

export function singly(data: Bytes): Bytes[] {
  return [...data].map((byte) => Uint8Array.of(byte));
}

export function decodeAll(decoder: FrameDecoder, chunks: readonly Bytes[]): Bytes[] {
  return chunks.flatMap((chunk) => [...decoder.push(chunk)]);
}

export const places: fc.Arbitrary<number[]> = fc.array(fc.nat(), { maxLength: 12 });

/**
 * Frames come back as they were however their bytes are split, and after any number of frames the
 * rest is exactly what was sent behind them.
 */
export function holdsRoundTrip(codec: FrameCodec, frame: fc.Arbitrary<Bytes>): void {
  const property = fc.property(
    fc.array(frame, { maxLength: 8 }),
    fc.uint8Array({ maxLength: 40 }),
    places,
    fc.nat(),
    (frames, tail, cuts, stop) => {
      const sent = encodeAll(codec, frames);
      for (const chunks of [[sent], singly(sent), split(sent, cuts)]) {
        const decoder = codec.createDecoder();
        assert.deepEqual(decodeAll(decoder, chunks), frames.map(plain));
        assert.equal(decoder.pendingBytes, 0);
      }
      holdsSwitch(codec, frames, tail, cuts, stop % (frames.length + 1));
    },
  );
  fc.assert(property, checks);
}

/**
 * Stops after `count` frames, in the middle of a chunk: taken out and rest make up what was sent.
 */
function holdsSwitch(
  codec: FrameCodec,
  frames: readonly Bytes[],
  tail: Bytes,
  cuts: readonly number[],
  count: number,
): void {
  const sent = concat([encodeAll(codec, frames), tail]);
  const decoder = codec.createDecoder();
  const taken: Bytes[] = [];
  const rest: Bytes[] = [];
  for (const chunk of split(sent, cuts)) {
    if (taken.length === count) {
      rest.push(chunk);
      continue;
    }
    for (const frame of decoder.push(chunk)) {
      taken.push(frame);
      if (taken.length === count) rest.push(decoder.takeRest());
    }
  }
  assert.deepEqual(taken, frames.slice(0, count).map(plain));
  assert.deepEqual(concat(rest), concat([encodeAll(codec, frames.slice(count)), tail]));
  assert.equal(decoder.pendingBytes, 0);
}

/** The same bytes as a plain array, so that comparing does not see its kind. */
function plain(data: Bytes): Bytes {
  return Uint8Array.from(data);
}
