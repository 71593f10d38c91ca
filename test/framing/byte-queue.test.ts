import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ByteQueue } from "../../src/framing/byte-queue.ts";
import { checks, concat } from "./splits.ts";

test("what goes in comes out, in order, whatever the sizes of pushes, takes and drops", () => {
  const size = fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 40_000 }));
  const step = fc.record({ kind: fc.constantFrom("push", "take", "drop", "release"), size });
  const property = fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const queue = new ByteQueue();
    let expected: number[] = [];
    let next = 0;
    for (const { kind, size } of steps) {
      if (kind === "push") {
        const chunk = Uint8Array.from({ length: size }, () => next++);
        queue.push(chunk);
        expected.push(...chunk);
      } else if (kind === "release") {
        queue.release();
      } else {
        const count = Math.min(size, expected.length);
        const gone = expected.slice(0, count);
        expected = expected.slice(count);
        if (kind === "take") assert.deepEqual(queue.take(count), Uint8Array.from(gone));
        else queue.drop(count);
      }
      assert.equal(queue.byteLength, expected.length);
      if (expected.length > 0) {
        assert.equal(queue.headByteAt(0), expected[0]);
        assert.equal(queue.byteAt(expected.length - 1), expected.at(-1));
        assert.equal(queue.byteAt(0), expected[0]);
      }
      const middle = Math.floor(expected.length / 2);
      const seen: Uint8Array[] = [];
      queue.scan(middle, (part) => {
        seen.push(part);
        return -1;
      });
      assert.deepEqual(concat(seen), Uint8Array.from(expected.slice(middle)));
    }
  });
  fc.assert(property, { ...checks, numRuns: Math.ceil(checks.numRuns / 2) });
});

test("a small frame out of a big chunk does not keep the chunk in memory", () => {
  const queue = new ByteQueue();
  queue.push(new Uint8Array(64 * 1024));
  assert.equal(queue.take(100).buffer.byteLength, 100);
  assert.ok(queue.take(8 * 1024).buffer.byteLength <= 256 * 1024);
});

test("a large frame out of a huge chunk does not keep the chunk in memory", () => {
  const queue = new ByteQueue();
  queue.push(new Uint8Array(4 * 1024 * 1024));
  assert.equal(queue.take(8 * 1024).buffer.byteLength, 8 * 1024);
});

test("the beginning of a frame at the end of a big chunk does not keep the chunk in memory", () => {
  const chunk = new Uint8Array(64 * 1024);
  const queue = new ByteQueue();
  queue.push(chunk);
  queue.drop(chunk.length - 10);
  queue.release();
  assert.notEqual(queue.take(10).buffer, chunk.buffer);
});

test("small chunks that wait are gathered: many do not cost an array each", () => {
  const queue = new ByteQueue();
  for (let i = 0; i < 10_000; i++) queue.push(Uint8Array.of(i % 256));
  let parts = 0;
  queue.scan(0, () => {
    parts++;
    return -1;
  });
  assert.ok(parts < 20, `${parts} parts`);
});

test("a big chunk between small ones stays where it came", () => {
  const queue = new ByteQueue();
  const sent = [[1], [2], [3], Array.from({ length: 5000 }, () => 4), [5], [6]];
  for (const chunk of sent) queue.push(Uint8Array.from(chunk));
  assert.deepEqual(queue.take(queue.byteLength), Uint8Array.from(sent.flat()));
});

test("a frame keeps its bytes though more come into the block it was cut from", () => {
  const queue = new ByteQueue();
  queue.push(Uint8Array.of(1));
  queue.push(Uint8Array.of(2));
  queue.push(Uint8Array.of(3));
  queue.drop(1);
  const frame = queue.take(1);
  queue.push(Uint8Array.of(4));
  queue.push(Uint8Array.of(5));
  assert.deepEqual(frame, Uint8Array.of(2));
  assert.deepEqual(queue.take(3), Uint8Array.of(3, 4, 5));
});
