import assert from "node:assert/strict";
import { test } from "node:test";
import { checkClauses } from "../../tools/check-clauses.ts";
import { shortfalls } from "../../tools/ratchet.ts";
import type { Tree } from "./planted-tree.ts";
import { withTree } from "./planted-tree.ts";

const caseOf = (id: string): object => ({ id, clause: `${id} holds`, needs: [] });
const suite = (cases: readonly string[], caught: readonly string[]): string => `
  export const cases = ${JSON.stringify(cases.map(caseOf))};
  export const brokenWires = ${JSON.stringify(caught.map((id) => ({ caught: id })))};`;

const clean: Tree = {
  "package.json": '{ "type": "module" }',
  "build/src/testing/index.js": suite(
    ["close.flushes", "write.order"],
    ["close.flushes", "write.order"],
  ),
  "src/contract/transport.ts": `
    /** Writes. @clause write.order */
    export const write = "@clause not.here";
    /**
     * Closes.
     * @clause close.flushes
     */
    export const close = 1;`,
  "docs/contract.md":
    "| `close.flushes` | `write.order` | `loseConnection` |\n```ts\nnot.here\n`not.here`\n```\n",
};

test("promises, cases, rows and broken wires that name each other pass", async () => {
  const { saw, findings } = await withTree(clean, checkClauses);
  assert.deepEqual(findings, []);
  assert.deepEqual(saw, { cases: 2, docstrings: 2, rows: 2, brokenWires: 2 });
});

const faults: readonly (readonly [fault: string, tree: Tree, rules: readonly string[]])[] = [
  [
    "a docstring names a case that does not exist",
    { "src/flow/a.ts": "/** @clause close.gone */" },
    ["no-case"],
  ],
  ["a docstring names no id", { "src/flow/a.ts": "/** @clause see above */" }, ["bad-id"]],
  [
    "only the suite itself names a case",
    { "src/contract/transport.ts": "", "src/testing/a.ts": "/** @clause write.order */" },
    ["no-docstring"],
  ],
  ["no docstring names a case", { "src/contract/transport.ts": "" }, ["no-docstring"]],
  ["the contract page is not there", { "docs/contract.md": "" }, ["not-in-contract"]],
  [
    "the contract page names a case that does not exist",
    { "docs/contract.md": `${clean["docs/contract.md"]}\`close.gone\`` },
    ["no-case"],
  ],
  [
    "a case has no broken wire",
    { "build/src/testing/index.js": suite(["close.flushes", "write.order"], ["write.order"]) },
    ["no-broken-wire"],
  ],
  [
    "two cases have one id",
    {
      "build/src/testing/index.js": suite(
        ["close.flushes", "write.order", "write.order"],
        ["close.flushes", "write.order"],
      ),
    },
    ["twice"],
  ],
];

for (const [fault, planted, rules] of faults) {
  test(`${fault}: ${rules.join(", ")}`, async () => {
    const { findings } = await withTree({ ...clean, ...planted }, checkClauses);
    assert.deepEqual([...new Set(findings.map(({ rule }) => rule))], rules);
  });
}

test("without a compiled suite nothing is compared, and that is a failure", async () => {
  const { findings } = await withTree({ "package.json": "{}" }, checkClauses);
  assert.deepEqual(
    findings.map(({ rule }) => rule),
    ["no-suite"],
  );
});

test("a suite without cases is compared with nothing, and the gate sees none", async () => {
  const tree = { ...clean, "build/src/testing/index.js": "export const cases = [];" };
  const { saw } = await withTree(tree, checkClauses);
  assert.deepEqual(saw, { cases: 0 });
  assert.equal(shortfalls("clauses", saw, { atLeast: {} }).length, 1);
});
