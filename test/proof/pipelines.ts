import { execFileSync } from "node:child_process";
import type { ProofReport } from "../../tools/proof.ts";
import { lackingDriver, PIPELINES, runPipeline } from "../interop/pipelines.ts";

export const title =
  "In a shell's pipeline overwall carries every byte, passes the status on, and says not a word";

export const needs: readonly string[] = ["sh", "cat", "head", "pv", "sort", "tee", "yes"];

export async function prove(report: ProofReport): Promise<void> {
  // Reduced, one run of a few is enough: the tests beside the pipelines go through every one.
  const here = PIPELINES.filter((pipeline) => lackingDriver(pipeline) === null);
  const rows = report.full ? here : here.slice(0, 2);
  let bytes = 0;
  for (const pipeline of rows) {
    bytes += await runPipeline(pipeline, report.full);
    report.log(`${pipeline.name}: ${pipeline.script.replaceAll(/\s*\n\s*/g, "; ")}`);
  }
  report.count("pipelines", rows.length);
  report.count("bytes through them", bytes);
  for (const tool of ["pv", "sort"]) report.version(tool, versionOf(tool));
}

function versionOf(tool: string): string {
  const shown = execFileSync(tool, ["--version"], { encoding: "utf8" });
  return shown.split("\n")[0] ?? "unknown";
}
