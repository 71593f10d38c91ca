import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { LimitError, PeerProtocolError } from "../../src/contract/index.ts";
import { NetstringDecoder, netstringCodec } from "../../src/framing/index.ts";
import { bytes, checks, concat, decodeAll, holdsRoundTrip, singly, text } from "./splits.ts";

describe("netstrings", () => {
  test("come back as they were, and a switch to raw loses no byte", () => {
    holdsRoundTrip(netstringCodec(), fc.uint8Array({ maxLength: 120 }));
  });

  test("are written as everyone else writes them", () => {
    assert.equal(text(concat(netstringCodec().encode(bytes("hello")))), "5:hello,");
    assert.equal(text(concat(netstringCodec().encode(bytes("")))), "0:,");
  });

  const malformed: readonly (readonly [string, RegExp])[] = [
    ["05:hello,", /expected a colon after the length 0, got 0x35/],
    ["00:,", /expected a colon after the length 0/],
    [":hello,", /expected a digit, got 0x3a/],
    ["-1:x,", /expected a digit, got 0x2d/],
    ["+1:x,", /expected a digit/],
    [" 1:x,", /expected a digit/],
    ["1 :x,", /expected a digit or a colon/],
    ["5:hello!", /expected a comma after the last byte, got 0x21/],
    ["5:hello ,", /expected a comma/],
    ["\n", /expected a digit/],
  ];
  for (const [sent, message] of malformed) {
    test(`refuse ${JSON.stringify(sent)}, all at once and byte by byte`, () => {
      for (const chunks of [[bytes(sent)], singly(bytes(sent))]) {
        const decoder = new NetstringDecoder();
        assert.throws(
          () => decodeAll(decoder, chunks),
          (error) => error instanceof PeerProtocolError && message.test(error.message),
        );
      }
    });
  }

  test("refuse a length at the first digit that takes it over lengthMax", () => {
    const decoder = new NetstringDecoder({ lengthMax: 99 });
    assert.throws(
      () => decodeAll(decoder, [bytes(`100${"0".repeat(1000)}`)]),
      (error) => error instanceof LimitError && error.limit === 99 && error.value === 100,
    );
    assert.deepEqual(decodeAll(new NetstringDecoder({ lengthMax: 1 }), [bytes("1:x,")]), [
      bytes("x"),
    ]);
  });

  test("never retain more than lengthMax, header and comma, whatever comes", () => {
    const hostile = fc.array(
      fc.oneof(
        fc.constantFrom("0:,", "3:abc,", "12:", "9", ":", ",", "20:", "x"),
        fc.string({ maxLength: 5 }),
      ),
    );
    const property = fc.property(hostile, (pieces) => {
      const decoder = new NetstringDecoder({ lengthMax: 20 });
      try {
        for (const byte of singly(bytes(pieces.join("")))) {
          decodeAll(decoder, [byte]);
          assert.ok(decoder.pendingBytes <= 20 + 3 + 1);
        }
      } catch (error) {
        assert.ok(error instanceof PeerProtocolError || error instanceof LimitError);
      }
    });
    fc.assert(property, checks);
  });
});
