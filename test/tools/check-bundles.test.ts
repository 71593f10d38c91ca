import assert from "node:assert/strict";
import { test } from "node:test";
import { checkBundles } from "../../tools/check-bundles.ts";
import type { Tree } from "./planted-tree.ts";
import { withTree } from "./planted-tree.ts";

const clean: Tree = {
  "dist/flow/index.js": 'export { wait } from "./wait.js";',
  "dist/flow/wait.js": "export const wait = (delayMs) => delayMs;",
};

const check = async (tree: Tree, most = 1000): Promise<string[]> => {
  const bundleBytes = { flow: most };
  const { findings } = await withTree(
    tree,
    async (root) => await checkBundles(root, { bundleBytes }),
  );
  return findings.map(({ rule }) => rule);
};

test("what asks nothing of its surroundings passes, and its modules were seen", async () => {
  assert.deepEqual(await check(clean), []);
  const result = await withTree(
    clean,
    async (root) => await checkBundles(root, { bundleBytes: { flow: 1000 } }),
  );
  assert.deepEqual(result.saw, { bundles: 1, modules: 2 });
});

for (const [fault, line] of [
  ["a built-in module", 'import { connect } from "node:net"; export { connect };'],
  ["a built-in module without its prefix", 'export * from "net";'],
  ["a built-in module, only when it is run", 'export const load = () => import("node:net");'],
  ["a package", 'export * from "commander";'],
] as const) {
  test(`a bundle that imports ${fault} does not pass`, async () => {
    const tree = { ...clean, "dist/flow/wait.js": `${clean["dist/flow/wait.js"]}\n${line}` };
    assert.deepEqual(await check(tree), ["runs-in-a-browser"]);
  });
}

test("a bundle over its budget does not pass", async () => {
  assert.deepEqual(await check(clean, 10), ["over-budget"]);
});

test("a bundle that imports a file that is gone does not pass", async () => {
  const tree = { ...clean, "dist/flow/index.js": 'export * from "./gone.js";' };
  assert.deepEqual(await check(tree), ["does-not-bundle"]);
});

test("a part that is not compiled does not pass", async () => {
  assert.deepEqual(await check({ "dist/other.js": "" }), ["nothing-to-bundle"]);
});

test("of bridges, everything but what is for Node must run in a browser", async () => {
  const tree = {
    "dist/bridges/connection.js": "export const connection = 1;",
    "dist/bridges/node-duplex.js": 'export * from "node:stream";',
    "dist/bridges/index.js": 'export * from "./node-duplex.js";',
  };
  const bundleBytes = { bridges: 1000 };
  const { saw, findings } = await withTree(
    tree,
    async (root) => await checkBundles(root, { bundleBytes }),
  );
  assert.deepEqual(findings, []);
  assert.deepEqual(saw, { bundles: 1, modules: 1 });
});
