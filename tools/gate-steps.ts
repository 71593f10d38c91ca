import { checkBundles } from "./check-bundles.ts";
import { checkClauses } from "./check-clauses.ts";
import { checkFloors } from "./check-floors.ts";
import { checkPackage } from "./check-package.ts";
import type { CheckResult } from "./check-result.ts";
import { checkSizes } from "./check-sizes.ts";
import { checkPromises, checkStyle } from "./check-style.ts";
import { checkTests } from "./check-tests.ts";
import { checkWords } from "./check-words.ts";
import { compileAll } from "./compile-outputs.ts";
import { readRatchet } from "./ratchet.ts";
import { runExamples } from "./run-examples.ts";

export interface GateStep {
  /** Short, and the key of its counts in tools/ratchet.json. */
  readonly name: string;
  run(): Promise<CheckResult>;
}

/** What must hold before a change is done; what is cheap comes first. */
export function gateSteps(root: string): readonly GateStep[] {
  const ratchet = readRatchet(root);
  return [
    { name: "style", run: async () => await checkStyle(root) },
    { name: "types", run: async () => await compileAll(root) },
    { name: "promises", run: async () => await checkPromises(root) },
    { name: "floors", run: async () => checkFloors(root) },
    { name: "sizes", run: async () => checkSizes(root, ratchet) },
    { name: "words", run: async () => checkWords(root) },
    { name: "clauses", run: async () => await checkClauses(root) },
    { name: "package", run: async () => await checkPackage(root) },
    { name: "bundles", run: async () => await checkBundles(root, ratchet) },
    { name: "examples", run: async () => await runExamples(root) },
    { name: "tests", run: async () => await checkTests(root) },
  ];
}
