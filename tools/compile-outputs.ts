import type { CheckResult, Finding } from "./check-result.ts";
import { pruneOutput } from "./prune-output.ts";
import { runTool } from "./run-program.ts";

/**
 * Compiles the package into `dist/`, then everything into `build/`: examples import the package by
 * its
 * name and so stand on `dist/`. What was compiled from files that are gone is removed.
 */
export async function compileAll(root: string): Promise<CheckResult> {
  const findings: Finding[] = [];
  const saw: Record<string, number> = {};
  for (const { config, output, source } of OUTPUTS) {
    const ran = await runTool(root, "tsc", ["-p", config, "--pretty", "false"]);
    if (ran.status !== 0) {
      findings.push({ rule: "tsc", where: config, message: ran.output.trim() });
    }
    saw[output] = pruneOutput(root, output, source).kept;
  }
  return { saw, findings };
}

const OUTPUTS = [
  { config: "tsconfig.build.json", output: "dist", source: "src" },
  { config: "tsconfig.json", output: "build", source: "." },
] as const;
