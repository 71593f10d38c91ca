import assert from "node:assert/strict";
import type { ProofReport } from "../../tools/proof.ts";
import { LIBRARIES } from "../clients/libraries.ts";
import type { AnyLibrary, Attempt } from "../clients/trial.ts";
import { Bench } from "../clients/trial.ts";
import { WAYS } from "../clients/ways.ts";

export const title =
  "Client libraries as they are published work on sockets made of every kind of wire";

export async function prove(report: ProofReport): Promise<void> {
  const totals = { passed: 0, skipped: 0 };
  for (const library of LIBRARIES) {
    const { passed, skipped } = await tryOut(library, report);
    report.count(`${library.name}: trials passed`, passed);
    totals.passed += passed;
    totals.skipped += skipped;
  }
  report.count("libraries", LIBRARIES.length);
  report.count("ways", WAYS.length);
  report.count("trials passed", totals.passed);
  report.count("trials skipped", totals.skipped);
  if (report.full) assert.equal(totals.skipped, 0, "a full proof needs every program");
}

async function tryOut(
  library: AnyLibrary,
  report: ProofReport,
): Promise<{ readonly passed: number; readonly skipped: number }> {
  report.version(library.name, library.version);
  if (library.missing.length === 0) {
    report.version(`${library.name}'s server`, library.serverVersion());
  }
  await using bench = new Bench(library);
  // Reduced, one way is enough: the tests beside the trials go through every one.
  const attempts = bench.attempts.filter(({ way }) => report.full || way === WAYS[1]);
  const possible = attempts.filter(({ missing }) => missing.length === 0);
  for (const attempt of possible) await attemptOne(attempt, report);
  const skipped = attempts.length - possible.length;
  const needs = new Set(attempts.flatMap(({ missing }) => missing));
  if (skipped > 0)
    report.log(`${library.name}: ${skipped} skipped: needs ${[...needs].join(", ")}`);
  report.log(`${library.name} ${library.version}: ${possible.length} passed`);
  return { passed: possible.length, skipped };
}

async function attemptOne({ name, run }: Attempt, { full }: ProofReport): Promise<void> {
  try {
    await run(full);
  } catch (error) {
    throw new Error(`not so: ${name}`, { cause: error });
  }
}
