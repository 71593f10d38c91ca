import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSizes } from "../../tools/check-sizes.ts";
import { withTree } from "./planted-tree.ts";

const lines = (count: number): string => "const a = 1;\n".repeat(count);
const none = { oversizeLines: {} };

test("a file of 400 lines passes, one of 401 does not", async () => {
  const tree = { "src/flow/fits.ts": lines(400), "src/flow/long.ts": lines(401) };
  const { saw, findings } = await withTree(tree, (root) => checkSizes(root, none));
  assert.deepEqual(
    findings.map(({ rule, where }) => `${rule} ${where}`),
    ["file-too-long src/flow/long.ts"],
  );
  assert.deepEqual(saw, { files: 2, lines: 801 });
});

test("a file that was let in too long may only shrink", async () => {
  const ratchet = { oversizeLines: { "src/flow/long.ts": 450 } };
  const check = async (count: number): Promise<number> => {
    const tree = { "src/flow/long.ts": lines(count) };
    return (await withTree(tree, (root) => checkSizes(root, ratchet))).findings.length;
  };
  assert.equal(await check(450), 0);
  assert.equal(await check(451), 1);
});

test("a name in the ratchet whose file is gone is reported", async () => {
  const ratchet = { oversizeLines: { "src/flow/gone.ts": 450 } };
  const { findings } = await withTree({ "src/a.ts": "" }, (root) => checkSizes(root, ratchet));
  assert.equal(findings[0]?.rule, "stale-ratchet");
});

test("a line of 101 columns is reported where it stands", async () => {
  const tree = { "test/a.test.ts": `\n// ${"word ".repeat(20)}\n// http://${"x".repeat(120)}\n` };
  const { findings } = await withTree(tree, (root) => checkSizes(root, none));
  assert.deepEqual(
    findings.map(({ rule, where }) => `${rule} ${where}`),
    ["line-too-long test/a.test.ts:2"],
  );
});
