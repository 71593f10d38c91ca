import assert from "node:assert/strict";
import type { ProofReport } from "../../tools/proof.ts";
import { seeds } from "../counts.ts";
import { MUTANTS } from "../mutants/all-mutants.ts";
import { Court } from "../mutants/court.ts";
import type { Mutant } from "../mutants/mutant.ts";
import { SURVIVORS } from "../mutants/survivors.ts";

export const title =
  "Of the guards in flow, taken out one at a time, none is missed but those that change nothing";

export async function prove(report: ProofReport): Promise<void> {
  using court = new Court();
  for (const judge of ["suite", "flow"] as const) {
    assert.equal(await court.verdict(null, judge), null, `${judge} finds fault with what is sound`);
  }
  const caught = { suite: 0, flow: 0 };
  const missed: string[] = [];
  const tried = report.full ? MUTANTS : pick(2);
  for (const mutant of tried) {
    const bySuite = await court.verdict(mutant, "suite");
    const byFlow = bySuite === null ? await court.verdict(mutant, "flow") : null;
    if (bySuite !== null) caught.suite += 1;
    else if (byFlow !== null) caught.flow += 1;
    else missed.push(mutant.id);
    if (mutant.by === "suite") assert.ok(bySuite !== null, `the suite misses ${mutant.id}`);
    report.log(`${mutant.id}: ${bySuite ?? byFlow ?? `survives: ${SURVIVORS[mutant.id]}`}`);
  }
  report.count("guards there are", MUTANTS.length);
  report.count("guards taken out", tried.length);
  report.count("caught by the conformance suite", caught.suite);
  report.count("caught by the tests of flow alone", caught.flow);
  report.count("survivors, each explained", missed.length);
  assert.ok(MUTANTS.length >= 25, "at least 25 guards");
  const explained = tried.map(({ id }) => id).filter((id) => id in SURVIVORS);
  assert.deepEqual(missed.toSorted(), explained.toSorted());
  assert.ok(missed.length * 25 <= MUTANTS.length, "more than one in 25 survives");
}

/** A few, as the commit has it. */
function pick(howMany: number): readonly Mutant[] {
  const indexes = new Set(seeds(howMany).map((seed) => seed % MUTANTS.length));
  return MUTANTS.filter((_, index) => indexes.has(index));
}
