import assert from "node:assert/strict";
import { test } from "node:test";
import { checkWords } from "../../tools/check-words.ts";
import { withTree } from "./planted-tree.ts";

const faults: readonly (readonly [path: string, line: string, rule: string])[] = [
  ["test/a.test.ts", 'test.only("one", () => {});', "no-only"],
  ["test/a.test.ts", 'test("one", { only: true }, () => {});', "no-only"],
  ["src/flow/a.ts", "// TODO: the rest", "no-todo"],
  ["examples/a.ts", "/* FIXME */", "no-todo"],
  ["src/flow/a.ts", "// @ts-ignore", "no-ts-ignore"],
  ["docs/proof/a.json", '{ "log": "/home/somebody/a" }', "no-machine-path"],
  ["src/flow/utils.ts", "export const a = 1;", "vague-name"],
];

for (const [path, line, rule] of faults) {
  test(`${path} with ${line} breaks ${rule}`, async () => {
    const { findings } = await withTree({ [path]: `${line}\n` }, checkWords);
    assert.deepEqual(
      findings.map((finding) => finding.rule),
      [rule],
    );
  });
}

test("words that only look alike pass, and were seen", async () => {
  const text = "const only = { homework: 1 };\nonly.homework; // at /run/app.sock\n";
  const { saw, findings } = await withTree({ "src/flow/a.ts": text }, checkWords);
  assert.deepEqual(findings, []);
  assert.equal(saw["files"], 1);
});
