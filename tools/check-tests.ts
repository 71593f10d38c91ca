import type { CheckResult } from "./check-result.ts";
import { runProgram } from "./run-program.ts";

/** Runs `npm test`, the command that the README names, and counts what it did. */
export async function checkTests(root: string): Promise<CheckResult> {
  const { status, output } = await runProgram("npm", ["test"], { cwd: root, echo: true });
  const counts = /^(\d+) passed, (\d+) failed, (\d+) skipped$/m.exec(output);
  const files = Number(/^test files: (\d+)$/m.exec(output)?.[1] ?? 0);
  const message = counts?.[0] ?? `npm test ended with ${status}`;
  return {
    saw: { files, passed: Number(counts?.[1] ?? 0) },
    findings: status === 0 ? [] : [{ rule: "tests", where: "npm test", message }],
    notes: [`${counts?.[3] ?? "unknown"} skipped, for the reasons above`],
  };
}
