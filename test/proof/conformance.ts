import assert from "node:assert/strict";
import type { RunnableCase } from "../../src/testing/index.ts";
import { cases, conformance } from "../../src/testing/index.ts";
import type { ProofReport } from "../../tools/proof.ts";
import { everyWire, isFairTo, ONE_BYTE } from "../conformance/wires.ts";
import { seeds } from "../counts.ts";
import { Scratch } from "../interop/scratch.ts";

export const title =
  "Every wire passes every case that applies to it, in both orientations; the rest lacks a capability";

/** Mebibytes byte by byte take their time. */
const WATCHDOG_MS = 300_000;

export async function prove(report: ProofReport): Promise<void> {
  using scratch = new Scratch();
  const chosen = seeds(report.full ? 20 : 2);
  const failures: string[] = [];
  const totals = { passed: 0, notApplicable: 0, gaps: 0 };
  const wires = everyWire(scratch, chosen).filter(({ name }) => report.full || name !== ONE_BYTE);
  for (const wire of wires) {
    const startMs = performance.now();
    const counts = { passed: 0, notApplicable: 0, gaps: 0 };
    const reasons = new Set<string>();
    for (const one of conformance(wire, { watchdogMs: WATCHDOG_MS })) {
      if (!isFairTo(wire, one.case.id)) continue;
      if (!report.full && one.case.heavy === true) continue;
      const outcome = await runOne(one, failures);
      if (outcome !== undefined) counts[outcome] += 1;
      if (one.skip !== undefined) reasons.add(`${one.case.id}: ${one.skip}`);
      if (one.gap !== undefined) reasons.add(`${one.case.id}: known gap: ${one.gap}`);
    }
    const { passed, notApplicable, gaps } = counts;
    totals.passed += passed;
    totals.notApplicable += notApplicable;
    totals.gaps += gaps;
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    report.log(
      `${wire.name}: ${passed} passed, ${notApplicable} not applicable, ${gaps} gaps in ${seconds} s`,
    );
    for (const reason of reasons) report.log(`  ${reason}`);
  }
  report.count("cases", cases.length);
  report.count("wires", wires.length);
  report.count("runs passed", totals.passed);
  report.count("runs not applicable", totals.notApplicable);
  report.count("known gaps", totals.gaps);
  assert.ok(cases.length >= 60, "at least 60 cases");
  assert.deepEqual(failures, []);
}

type Outcome = "passed" | "notApplicable" | "gaps";

/** Runs a case; one that fails is noted, so that all of them are seen. */
async function runOne(one: RunnableCase, failures: string[]): Promise<Outcome | undefined> {
  if (one.skip !== undefined) {
    assert.match(one.skip, /^the wire has no /);
    return "notApplicable";
  }
  try {
    await one.run();
  } catch (error) {
    failures.push(`${one.name}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
  return one.gap === undefined ? "passed" : "gaps";
}
