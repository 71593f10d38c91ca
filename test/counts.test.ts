import assert from "node:assert/strict";
import { test } from "node:test";
import { count, isFull, seeds } from "./counts.ts";

test("reduced counts are given in npm test, full ones in a proof", () => {
  assert.equal(count("example", 3, 3000), isFull() ? 3000 : 3);
});

test("seeds are as many as asked, all different, and the same when asked again", () => {
  const once = seeds(50);
  assert.equal(new Set(once).size, 50);
  assert.deepEqual(seeds(50), once);
  assert.deepEqual(seeds(10), once.slice(0, 10));
  assert.ok(once.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32));
});
