import assert from "node:assert/strict";
import { test } from "node:test";
import { raiseRatchet, readRatchet, shortfalls } from "../../tools/ratchet.ts";
import { withTree } from "./planted-tree.ts";

test("a count that nobody limited must be at least one", () => {
  const [zero, ...others] = shortfalls("sizes", { files: 0, lines: 1 }, { atLeast: {} });
  assert.match(zero?.message ?? "", /saw 0 files/);
  assert.deepEqual(others, []);
});

test("a count that is limited and was not even taken is too low", () => {
  const atLeast = { tests: { passed: 10 } };
  assert.equal(shortfalls("tests", {}, { atLeast }).length, 1);
});

test("raising goes to nine tenths of what was seen, and never down", async () => {
  const before = {
    atLeast: { floors: { files: 50, imports: 10 } },
    oversizeLines: {},
    bundleBytes: { flow: 1 },
  };
  const tree = { "tools/ratchet.json": JSON.stringify(before) };
  const after = await withTree(tree, (root) => {
    raiseRatchet(root, { floors: { files: 40, imports: 100 }, sizes: { files: 1 } });
    return readRatchet(root);
  });
  assert.deepEqual(after, {
    ...before,
    atLeast: { floors: { files: 50, imports: 90 }, sizes: { files: 1 } },
  });
});
