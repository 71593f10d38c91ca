import type { CheckResult } from "./check-result.ts";
import { gateSteps } from "./gate-steps.ts";
import { raiseRatchet, readRatchet, shortfalls } from "./ratchet.ts";

/**
 * The gate: `npm run ok`, or `npm run ok -- floors sizes` for some of its steps. Every step runs,
 * also
 * after one that failed; `--raise` makes what was seen today the least that must be seen.
 */
async function ok(args: readonly string[]): Promise<void> {
  const root = process.cwd();
  const names = args.filter((arg) => !arg.startsWith("--"));
  const steps = gateSteps(root).filter(({ name }) => names.length === 0 || names.includes(name));
  const unknown = names.filter((name) => !steps.some((step) => step.name === name));
  if (unknown.length > 0) throw new RangeError(`Cannot run ${unknown.join(", ")}: no such step`);

  const failed: string[] = [];
  const seen: Record<string, Readonly<Record<string, number>>> = {};
  for (const { name, run } of steps) {
    const began = performance.now();
    const { saw, findings, notes = [] } = await run().catch(broken);
    const all = [...findings, ...shortfalls(name, saw, readRatchet(root))];
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const counts = Object.entries(saw).map(([what, count]) => `${count} ${what}`);
    const verdict = all.length === 0 ? "ok  " : "FAIL";
    print(`${verdict} ${name.padEnd(10)} ${seconds.padStart(6)} s  ${counts.join(", ")}`);
    for (const note of notes) print(`       ${note}`);
    for (const { rule, where, message } of all) {
      print(`     ${rule}  ${where}: ${message.replaceAll("\n", "\n       ")}`);
    }
    seen[name] = saw;
    if (all.length > 0) failed.push(`${name} (${all.length})`);
  }

  if (args.includes("--raise")) raiseRatchet(root, seen);
  print("");
  print(failed.length === 0 ? `ok: ${steps.length} steps` : `NOT ok: ${failed.join(", ")}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

/** A step that throws has failed; the others still run. */
function broken(error: unknown): CheckResult {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { saw: {}, findings: [{ rule: "step-broke", where: "tools", message }] };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await ok(process.argv.slice(2));
