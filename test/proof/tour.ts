import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { RULES } from "../../src/cli/tour/rules.ts";
import { TOUR_WIRES } from "../../src/cli/tour/wires/table.ts";
import type { ProofReport } from "../../tools/proof.ts";
import { runToEnd } from "../interop/program.ts";
import { Scratch } from "../interop/scratch.ts";

export const title =
  "A fresh clone, npm ci and npm start show one protocol on every wire, and every check holds";

/** From `npm start` to its last line. */
const PATIENCE_MS = 60_000;

export async function prove(report: ProofReport): Promise<void> {
  using scratch = new Scratch();
  const root = report.full ? await freshClone(scratch, report) : process.cwd();
  const shown = scratch.path("shown");
  const startMs = performance.now();
  const { status, stderr } = await runToEnd("sh", ["-c", 'exec npm start --silent > "$SHOWN"'], {
    cwd: root,
    env: { SHOWN: shown },
  });
  const durationMs = Math.round(performance.now() - startMs);
  const text = readFileSync(shown, "utf8");
  assert.equal(status, 0, `${text}${stderr}`);
  report.fact("npm start, to its last line", `${durationMs} ms`);
  if (report.full) assert.ok(durationMs < PATIENCE_MS, `npm start took ${durationMs} ms`);
  checkShown(report, text);
}

/** A file gets every row, and nothing that only a terminal understands. */
function checkShown(report: ProofReport, text: string): void {
  const lines = text.split("\n");
  for (const line of lines) assert.ok(line.length <= 80, `too wide: ${line}`);
  assert.doesNotMatch(text, /\p{Cc}(?<!\n)/u);
  for (const { title: name } of TOUR_WIRES) {
    const rows = lines.filter((line) => line.includes(name));
    assert.ok(
      rows.some((line) => line.includes("●") || line.includes("–")),
      `${name} has no row`,
    );
    assert.ok(!rows.some((line) => line.startsWith("  ✗")), `${name} is red`);
  }
  report.count("wires", TOUR_WIRES.length);
  const rules = RULES.filter(([, name]) => lines.some((line) => line.startsWith(`  ${name} `)));
  assert.equal(rules.length, RULES.length);
  report.count("rules", rules.length);
  // A machine that is very busy leaves some out, and says how many.
  const [, leftOut = "0"] = /(\d+) not tried/.exec(text) ?? [];
  report.fact("checks left out for want of time", Number(leftOut));
  const [, held, broken] = /(\d+) held, (\d+) broken/.exec(text) ?? [];
  assert.equal(broken, "0");
  report.count("rules held, wire by wire and both ways round", Number(held));
  const [, checks] = /✓ all (\d+) checks held/.exec(text) ?? [];
  report.count("checks held", Number(checks));
  assert.match(text, / 0 B unaccounted /);
  for (const line of lines.filter((one) => one.includes("✗")))
    report.log(line.trim().replace(/ {2,}/g, "  "));
}

async function freshClone(scratch: Scratch, report: ProofReport): Promise<string> {
  const root = scratch.path("clone");
  const cloned = await runToEnd("git", ["clone", "--quiet", process.cwd(), root]);
  assert.equal(cloned.status, 0, cloned.stderr);
  const startMs = performance.now();
  const installed = await runToEnd("npm", ["ci", "--no-audit", "--no-fund"], { cwd: root });
  assert.equal(installed.status, 0, installed.stderr);
  assert.ok(existsSync(`${root}/dist/cli/main.js`), "npm ci did not build");
  report.fact("npm ci", `${Math.round(performance.now() - startMs)} ms`);
  return root;
}
