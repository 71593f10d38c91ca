import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { LimitError } from "../../src/contract/index.ts";
import type { LengthBits } from "../../src/framing/index.ts";
import { LengthPrefixedDecoder, lengthPrefixedCodec } from "../../src/framing/index.ts";
import { bytes, concat, decodeAll, holdsRoundTrip, singly } from "./splits.ts";

const WIDTHS: readonly LengthBits[] = [8, 16, 32];

describe("frames with their length before them", () => {
  for (const bits of WIDTHS) {
    for (const littleEndian of [false, true]) {
      const order = littleEndian ? "little-endian" : "big-endian";
      test(`of ${bits} bits, ${order}, come back as they were and lose no byte in a switch`, () => {
        const codec = lengthPrefixedCodec(bits, { littleEndian });
        holdsRoundTrip(codec, fc.uint8Array({ maxLength: bits === 8 ? 255 : 700 }));
      });
    }
  }

  test("are written as everyone else writes them", () => {
    const frame = new Uint8Array(258);
    const header = (bits: LengthBits, littleEndian: boolean): number[] => [
      ...(lengthPrefixedCodec(bits, { littleEndian }).encode(frame)[0] ?? []),
    ];
    assert.deepEqual(header(16, false), [1, 2]);
    assert.deepEqual(header(16, true), [2, 1]);
    assert.deepEqual(header(32, false), [0, 0, 1, 2]);
    assert.deepEqual(header(32, true), [2, 1, 0, 0]);
  });

  test("longer than the length can tell are the sender's mistake, and nothing is cut off", () => {
    assert.throws(() => lengthPrefixedCodec(8).encode(new Uint8Array(256)), RangeError);
    assert.throws(() => lengthPrefixedCodec(16).encode(new Uint8Array(65_536)), RangeError);
    assert.throws(() => lengthPrefixedCodec(7 as LengthBits), RangeError);
  });

  test("longer than lengthMax are refused when the length is known, before a byte of them", () => {
    const decoder = new LengthPrefixedDecoder(32);
    assert.throws(
      () => decodeAll(decoder, [Uint8Array.of(0xff, 0xff, 0xff, 0xff)]),
      (error) =>
        error instanceof LimitError && error.limit === 1024 * 1024 && error.value === 2 ** 32 - 1,
    );
    assert.deepEqual(decoder.takeRest(), Uint8Array.of(0xff, 0xff, 0xff, 0xff));
  });

  test("retain no more than lengthMax and the header, however much is announced", () => {
    const decoder = new LengthPrefixedDecoder(16, { lengthMax: 300 });
    const sent = concat([Uint8Array.of(1, 44), new Uint8Array(300), Uint8Array.of(1, 45)]);
    let retained = 0;
    assert.throws(() => {
      for (const chunk of singly(sent)) {
        decodeAll(decoder, [chunk]);
        retained = Math.max(retained, decoder.pendingBytes);
      }
    }, LimitError);
    assert.equal(retained, 301);
  });

  test("an announced length allocates nothing until the bytes are there", () => {
    const decoder = new LengthPrefixedDecoder(32, { lengthMax: 2 ** 32 });
    assert.deepEqual(decodeAll(decoder, [Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1)]), []);
    assert.equal(decoder.pendingBytes, 5);
  });

  test("come in byte by byte, a large one too, and are cut when the last byte is there", () => {
    const frame = new Uint8Array(1024 * 1024).fill(7);
    const decoder = new LengthPrefixedDecoder(32);
    decoder.push(Uint8Array.of(0, 16, 0, 0));
    let cut: Uint8Array | null = null;
    for (let i = 0; i < frame.length; i++) {
      assert.equal(cut, null);
      decoder.push(frame.subarray(i, i + 1));
      cut = decoder.next();
    }
    assert.deepEqual(cut, frame);
  });

  test("the empty frame is a frame", () => {
    assert.deepEqual(decodeAll(new LengthPrefixedDecoder(8), [Uint8Array.of(0, 0, 1, 65)]), [
      new Uint8Array(0),
      new Uint8Array(0),
      bytes("A"),
    ]);
  });
});
