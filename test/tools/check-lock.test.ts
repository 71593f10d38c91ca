import assert from "node:assert/strict";
import { test } from "node:test";
import { checkLock } from "../../tools/check-lock.ts";
import { withTree } from "./planted-tree.ts";

const rules = async (packages: object): Promise<string[]> => {
  const tree = { "package-lock.json": JSON.stringify({ packages }) };
  return (await withTree(tree, checkLock)).findings.map(({ rule }) => rule);
};

const tool = { optionalDependencies: { "@tool/linux": "1.0.0" } };

test("a lock that names every platform's package, at the top or beneath, passes", async () => {
  const top = { "node_modules/tool": tool, "node_modules/@tool/linux": {} };
  const beneath = { "node_modules/tool": tool, "node_modules/tool/node_modules/@tool/linux": {} };
  assert.deepEqual(await rules(top), []);
  assert.deepEqual(await rules(beneath), []);
});

test("a lock that lacks one, so that npm ci refuses it, does not pass", async () => {
  assert.deepEqual(await rules({ "node_modules/tool": tool }), ["incomplete-lock"]);
});

test("a lock that works only where it was written does not pass", async () => {
  const packages = { "node_modules/a": { resolved: "http://mirror.example/a.tgz" } };
  assert.deepEqual(await rules(packages), ["download-address"]);
});
