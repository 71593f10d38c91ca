import assert from "node:assert/strict";
import { brokenWires, ConformanceFailure, cases, conformance } from "../../src/testing/index.ts";
import type { ProofReport } from "../../tools/proof.ts";

export const title =
  "Each case catches, by name, a wire that is right except for the one fault that the case is about";

/** Short: a broken wire must be noticed by what it does, not by the time it takes. */
const WATCHDOG_MS = 1000;

export async function prove(report: ProofReport): Promise<void> {
  const ids = new Set(cases.map(({ id }) => id));
  const unowned = new Set(ids);
  let caughtRuns = 0;
  for (const { caught, fault, wire } of brokenWires) {
    const only = cases.filter(({ id }) => id === caught);
    const runnable = conformance(wire, { cases: only, watchdogMs: WATCHDOG_MS });
    assert.ok(runnable.length > 0, `there is no case ${caught}`);
    for (const one of runnable) {
      assert.equal(one.skip, undefined, `${one.name} is skipped`);
      const noticed = await one.run().then(
        () => undefined,
        (error: unknown) => error,
      );
      assert.ok(noticed instanceof ConformanceFailure, `${one.name} does not notice that ${fault}`);
      assert.equal(noticed.caseId, caught);
      assert.doesNotMatch(
        noticed.detail,
        /^waited \d+ ms/,
        `${one.name}: only the watchdog noticed`,
      );
      caughtRuns += 1;
    }
    unowned.delete(caught);
    report.log(`${caught} catches: ${fault}`);
  }
  assert.deepEqual([...unowned], [], "cases without a broken wire");
  report.count("cases", ids.size);
  report.count("broken wires caught by name", brokenWires.length);
  report.count("runs in which they were", caughtRuns);
}
