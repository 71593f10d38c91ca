import { basename, join } from "node:path";
import type { CheckResult, Finding } from "./check-result.ts";
import { listFiles } from "./list-files.ts";
import { runProgram } from "./run-program.ts";

/** Every example ends by itself, well, and soon. */
export async function runExamples(root: string): Promise<CheckResult> {
  const findings: Finding[] = [];
  const notes: string[] = [];
  const examples = listFiles(root, "examples", ".ts").filter((path) => !path.includes("/", 9));
  const runner = join(root, "build/tools/run-example.js");
  let ran = 0;
  for (const path of examples) {
    const name = basename(path, ".ts");
    const began = performance.now();
    const { status, output } = await runProgram(process.execPath, [runner, name], {
      cwd: root,
      timeoutMs: EXAMPLE_MAX_MS,
    });
    notes.push(`${path}: ${Math.round(performance.now() - began)} ms`);
    if (status === 0) {
      ran += 1;
    } else {
      const message = `ended with ${status} after\n${output.trim()}`;
      findings.push({ rule: "example", where: path, message });
    }
  }
  return { saw: { examples: examples.length, ran }, findings, notes };
}

const EXAMPLE_MAX_MS = 20_000;
