import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { LimitError } from "../../src/contract/index.ts";
import {
  DelimiterDecoder,
  delimiterCodec,
  LineDecoder,
  lineCodec,
} from "../../src/framing/index.ts";
import { bytes, checks, concat, decodeAll, holdsRoundTrip, singly, split, text } from "./splits.ts";

/** The straightforward way, to compare with. */
function cutSlowly(data: string, delimiter: string): { frames: string[]; rest: string } {
  const frames = data.split(delimiter);
  return { rest: frames.pop() ?? "", frames };
}

describe("frames that end with a delimiter", () => {
  const letter = fc.constantFrom("a", "b");
  const word = fc.string({ unit: letter, minLength: 1, maxLength: 6 });

  test("are cut as String.split cuts, for any delimiter, wherever the chunks are split", () => {
    const property = fc.property(
      word,
      fc.string({ unit: letter, minLength: 20, maxLength: 80 }),
      fc.array(fc.nat(), { maxLength: 8 }),
      (delimiter, data, cuts) => {
        const { frames, rest } = cutSlowly(data, delimiter);
        for (const chunks of [[bytes(data)], singly(bytes(data)), split(bytes(data), cuts)]) {
          const decoder = new DelimiterDecoder(bytes(delimiter));
          assert.deepEqual(decodeAll(decoder, chunks).map(text), frames);
          assert.equal(text(decoder.takeRest()), rest);
          assert.deepEqual(decodeAll(decoder, chunks).map(text), frames, "it starts anew");
        }
      },
    );
    fc.assert(property, checks);
  });

  const overlaps: readonly (readonly [string, string])[] = [
    ["aab", "xaaab-aab"],
    ["abab c", "abababab c-abab c"],
    ["\r\n\r\n", "\r\n\n\r\r\n\r\n"],
    ["aaaa", "aaaaaaaaa"],
  ];
  for (const [delimiter, data] of overlaps) {
    test(`are found when a false start overlaps the true one: ${JSON.stringify(data)}`, () => {
      const { frames, rest } = cutSlowly(data, delimiter);
      for (const chunks of [[bytes(data)], singly(bytes(data))]) {
        const decoder = new DelimiterDecoder(bytes(delimiter));
        assert.deepEqual(decodeAll(decoder, chunks).map(text), frames);
        assert.equal(text(decoder.takeRest()), rest);
      }
    });
  }

  test("come back as they were, and a switch to raw loses no byte", () => {
    const frame = fc.uint8Array({ max: 9, maxLength: 20 });
    holdsRoundTrip(delimiterCodec(Uint8Array.of(10, 11, 10)), frame);
  });

  test("are refused when the delimiter would occur too early, inside or at the seam", () => {
    const codec = delimiterCodec(bytes("aa"));
    assert.throws(() => codec.encode(bytes("xaay")), RangeError);
    assert.throws(() => codec.encode(bytes("xa")), RangeError);
    assert.equal(text(concat(codec.encode(bytes("ax")))), "axaa");
  });

  test("an empty delimiter, and a limit that is no whole number, are the caller's mistakes", () => {
    assert.throws(() => delimiterCodec(new Uint8Array(0)), RangeError);
    assert.throws(() => new DelimiterDecoder(bytes("x"), { lengthMax: 1.5 }), RangeError);
    assert.throws(() => new DelimiterDecoder(bytes("x"), { lengthMax: -1 }), RangeError);
    assert.throws(() => new DelimiterDecoder(bytes("x")).push("x" as never), TypeError);
  });

  test("changing the array given as delimiter afterwards changes nothing", () => {
    const delimiter = bytes("|");
    const codec = delimiterCodec(delimiter);
    const decoder = codec.createDecoder();
    delimiter[0] = 0;
    assert.deepEqual(decodeAll(decoder, [bytes("a|b|")]).map(text), ["a", "b"]);
    assert.equal(text(concat(codec.encode(bytes("c")))), "c|");
  });
});

describe("a frame that is too long", () => {
  test("is refused by the same length, all at once and byte by byte, with the limit told", () => {
    for (const chunks of [[bytes("12345|")], singly(bytes("12345|"))]) {
      const decoder = new DelimiterDecoder(bytes("|"), { lengthMax: 4 });
      assert.throws(
        () => decodeAll(decoder, chunks),
        (error) => error instanceof LimitError && error.limit === 4 && error.value === 5,
      );
    }
    for (const chunks of [[bytes("1234|")], singly(bytes("1234|"))]) {
      const decoder = new DelimiterDecoder(bytes("|"), { lengthMax: 4 });
      assert.deepEqual(decodeAll(decoder, chunks).map(text), ["1234"]);
    }
  });

  test("is none while what may be the delimiter is coming in", () => {
    const decoder = new DelimiterDecoder(bytes("<end>"), { lengthMax: 4 });
    assert.deepEqual(decodeAll(decoder, singly(bytes("1234<end>"))).map(text), ["1234"]);
    assert.throws(() => decodeAll(decoder, singly(bytes("1234<x"))), LimitError);
  });

  test("is refused before more than lengthMax and a delimiter are retained", () => {
    const decoder = new DelimiterDecoder(bytes("<end>"), { lengthMax: 1000 });
    let retained = 0;
    assert.throws(() => {
      for (let i = 0; i < 5000; i++) {
        decodeAll(decoder, [bytes("<")]);
        retained = Math.max(retained, decoder.pendingBytes);
      }
    }, LimitError);
    assert.ok(retained <= 1005, `${retained} bytes retained`);
  });

  test("leaves frames before it handed out, and itself to be taken as the rest", () => {
    const decoder = new LineDecoder({ lengthMax: 3 });
    const taken: string[] = [];
    assert.throws(() => {
      for (const line of decoder.push(bytes("abc\nabcd\nx\n"))) taken.push(text(line));
    }, LimitError);
    assert.throws(() => decoder.push(bytes("more\n")), LimitError);
    assert.throws(() => decoder.next(), LimitError);
    assert.deepEqual(taken, ["abc"]);
    assert.equal(text(decoder.takeRest()), "abcd\nx\n");
    assert.deepEqual(decodeAll(decoder, [bytes("abc\n")]).map(text), ["abc"]);
  });
});

test("the beginning of a frame does not keep the chunk it came in in memory", () => {
  const chunk = new Uint8Array(64 * 1024);
  chunk[56 * 1024] = 10;
  const decoder = new LineDecoder();
  assert.equal(decodeAll(decoder, [chunk]).length, 1);
  const rest = decoder.takeRest();
  assert.equal(rest.byteLength, 8 * 1024 - 1);
  assert.equal(rest.buffer.byteLength, rest.byteLength);
});

describe("lines", () => {
  test("end with a newline, with or without one carriage return, wherever they are split", () => {
    const sent = bytes("one\r\ntwo\n\r\n\nthr\ree\r\r\nrest\r");
    for (const chunks of [[sent], singly(sent)]) {
      const decoder = new LineDecoder();
      const lines = decodeAll(decoder, chunks).map(text);
      assert.deepEqual(lines, ["one", "two", "", "", "thr\ree\r"]);
      assert.equal(text(decoder.takeRest()), "rest\r");
    }
  });

  test("a carriage return that belongs to the newline does not count as length", () => {
    for (const chunks of [[bytes("abc\r\n")], singly(bytes("abc\r\n"))]) {
      const decoder = new LineDecoder({ lengthMax: 3 });
      assert.deepEqual(decodeAll(decoder, chunks).map(text), ["abc"]);
    }
    assert.throws(
      () => decodeAll(new LineDecoder({ lengthMax: 3 }), [bytes("abcd\r")]),
      LimitError,
    );
  });

  const line = fc.uint8Array({ maxLength: 20 }).map((data) => data.filter((byte) => byte !== 10));
  test("come back as they were with \\r\\n, and a switch to raw loses no byte", () => {
    holdsRoundTrip(lineCodec({ newline: "\r\n" }), line);
  });

  test("come back as they were with \\n, and a switch to raw loses no byte", () => {
    holdsRoundTrip(
      lineCodec(),
      line.map((data) => (data.at(-1) === 13 ? data.slice(0, 0) : data)),
    );
  });

  test("that would not come back as they were are refused", () => {
    assert.throws(() => lineCodec().encode(bytes("a\nb")), RangeError);
    assert.throws(() => lineCodec().encode(bytes("a\r")), RangeError);
    assert.equal(text(concat(lineCodec({ newline: "\r\n" }).encode(bytes("a\r")))), "a\r\r\n");
  });
});
