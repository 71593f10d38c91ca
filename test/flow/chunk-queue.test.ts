import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Bytes } from "../../src/contract/index.ts";
import { ChunkQueue } from "../../src/flow/chunk-queue.ts";
import { bytes, text } from "./recorder.ts";

test("a queue gives everything at once when it fits, the very chunks that it was given", () => {
  const queue = new ChunkQueue();
  const [first, second] = [bytes("one"), bytes("two")];
  queue.push(first);
  queue.push(second);
  const taken = queue.take(6);
  assert.equal(taken.length, 2);
  assert.ok(taken[0] === first && taken[1] === second, "a chunk was copied");
  assert.equal(queue.bytes, 0);
});

test("a queue gives whole chunks while they fit, and cuts only a chunk too large by itself", () => {
  const queue = new ChunkQueue();
  for (const chunk of ["ab", "cd", "efghijk", "l"]) queue.push(bytes(chunk));
  const taken: string[][] = [];
  while (queue.bytes > 0) taken.push(queue.take(5).map(text));
  assert.deepEqual(taken, [["ab", "cd"], ["efghi"], ["jk", "l"]]);
});

test("a queue counts what it holds, and what it forgets", () => {
  const queue = new ChunkQueue();
  queue.push(bytes("abcdef"));
  queue.take(2);
  assert.equal(queue.bytes, 4);
  queue.push(bytes("gh"));
  assert.equal(queue.clear(), 6);
  assert.equal(queue.bytes, 0);
  queue.push(bytes("x"));
  assert.deepEqual(queue.take(10).map(text), ["x"]);
});

test("a queue shows its first bytes, and lets go of as many as it is told", () => {
  const queue = new ChunkQueue();
  for (const chunk of ["ab", "cdef", "gh"]) queue.push(bytes(chunk));
  assert.deepEqual(queue.peek(4).map(text), ["ab", "cd"]);
  assert.equal(queue.bytes, 8);
  queue.drop(3);
  assert.deepEqual(queue.peek(100).map(text), ["def", "gh"]);
  queue.drop(5);
  assert.deepEqual([queue.bytes, queue.peek(1), queue.shift()], [0, [], undefined]);
});

for (const [name, make] of Object.entries({
  "a queue taken from by size": () => {
    const queue = new ChunkQueue();
    return { push: (chunk: Bytes) => queue.push(chunk), take: () => void queue.take(10) };
  },
  "a queue taken from by chunks": () => {
    const queue = new ChunkQueue();
    return { push: (chunk: Bytes) => queue.push(chunk), take: () => void queue.shift() };
  },
  "a queue looked at first": () => {
    const queue = new ChunkQueue();
    const take = (): void => queue.drop(queue.peek(10)[0]?.byteLength ?? 0);
    return { push: (chunk: Bytes) => queue.push(chunk), take };
  },
})) {
  test(`${name} that is never quite empty does not hold on to what it gave away`, async () => {
    const queue = make();
    const taken = passThrough(queue, 1000);
    // A WeakRef holds its target until the turn in which it was made has ended.
    await new Promise((resolve) => setImmediate(resolve));
    setFlagsFromString("--expose-gc");
    (runInNewContext("gc") as () => void)();
    const held = taken.filter((chunk) => chunk.deref() !== undefined).length;
    assert.ok(held < 10, `${held} of 1000 chunks are kept that were given away`);
    queue.take();
  });
}

/** Pushes a chunk and takes one, again and again, with one always left; answers those taken. */
function passThrough(
  queue: { readonly push: (chunk: Bytes) => void; readonly take: () => void },
  count: number,
): readonly WeakRef<Bytes>[] {
  const pushed: WeakRef<Bytes>[] = [];
  for (let pushes = 0; pushes <= count; pushes++) {
    const chunk = new Uint8Array(10);
    queue.push(chunk);
    pushed.push(new WeakRef(chunk));
    if (pushes > 0) queue.take();
  }
  return pushed.slice(0, count);
}
