import assert from "node:assert/strict";
import { test } from "node:test";
import { loadProof, proofNames } from "../../tools/find-proofs.ts";
import { missingPrograms } from "../../tools/missing-programs.ts";
import { ProofRecord } from "../../tools/proof-record.ts";
import { isFull } from "../counts.ts";

// Every proof holds with reduced counts, so that none rots between the days on which it is run in
// full.
const names = proofNames(process.cwd());

test("there are proofs", () => {
  assert.ok(names.length > 0, "build/test/proof has none");
});

for (const name of names) {
  // One that cannot be loaded fails alone; the others are still tried.
  const proof = await loadProof(process.cwd(), name).catch((error: Error) => error);
  if (proof instanceof Error) {
    test(`${name}: is a proof`, () => assert.fail(proof));
    continue;
  }
  const missing = missingPrograms(proof.needs ?? []);
  const skip = missing.length > 0 && `needs ${missing.join(", ")} on PATH`;
  test(`${name}: ${proof.title}`, { skip }, async (context) => {
    const record = new ProofRecord(isFull(), (line) => context.diagnostic(line));
    await proof.prove(record);
    record.assertCounted();
  });
}
