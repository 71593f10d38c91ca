import assert from "node:assert/strict";
import { test } from "node:test";
import { checkBytes, pattern, piecesOf } from "../../src/testing/pattern.ts";

test("pattern is the same for the same seed, another for another, and has the length asked for", () => {
  for (const byteCount of [0, 1, 3, 4, 1001])
    assert.equal(pattern(byteCount).byteLength, byteCount);
  assert.deepEqual(pattern(100, 7), pattern(100, 7));
  assert.notDeepEqual(pattern(100, 7), pattern(100, 8));
  assert.deepEqual(pattern(1000, 7).subarray(0, 100), pattern(100, 7));
});

test("checkBytes takes any cut of the same bytes, and notices a change, a loss and a surplus", () => {
  const data = pattern(5000);
  checkBytes([...piecesOf(data, 7)], data, "it");
  checkBytes([], new Uint8Array(), "it");
  const changed = data.slice();
  changed[4321] = ~(changed[4321] ?? 0);
  assert.throws(() => checkBytes([changed], data, "it"), /byte 4321 of 5000 differs/);
  assert.throws(() => checkBytes([data.subarray(0, 4999)], data, "it"), /4999 of 5000 bytes/);
  assert.throws(() => checkBytes([data, pattern(1)], data, "it"), /byte 5000 of 5000 differs/);
});
