import type { CheckResult } from "./check-result.ts";
import type { Ran } from "./run-program.ts";
import { runTool } from "./run-program.ts";

/** Format and lint. */
export async function checkStyle(root: string): Promise<CheckResult> {
  const ran = await runTool(root, "biome", ["ci", "--colors=off", "--max-diagnostics=200"]);
  return judge("biome", ran, /^Checked (\d+) files?/m);
}

/** Promises that nobody waits for, found with types. */
export async function checkPromises(root: string): Promise<CheckResult> {
  const ran = await runTool(root, "oxlint", ["--type-aware", "--deny-warnings"]);
  return judge("oxlint", ran, /\bon (\d+) files?/);
}

function judge(rule: string, { status, output }: Ran, counted: RegExp): CheckResult {
  const files = Number(counted.exec(output)?.[1] ?? 0);
  const findings = status === 0 ? [] : [{ rule, where: "here", message: output.trim() }];
  return { saw: { files }, findings };
}
