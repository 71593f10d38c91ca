import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { plotOf } from "./plot.ts";
import { sectionOf, withSection } from "./readme-section.ts";
import type { Results } from "./results.ts";
import { tablesOf } from "./table.ts";
import { targetTable } from "./targets.ts";

/** The newest file of results. @throws {Error} when there is none. */
export function newestResults(root: string): string {
  const names = readdirSync(join(root, FOLDER)).filter((name) => /^\d{8}.*\.json$/.test(name));
  const newest = names.sort().at(-1);
  if (newest === undefined) throw new Error(`Cannot write pages: ${FOLDER} holds no results`);
  return `${FOLDER}/${newest}`;
}

/** Writes the tables, the plot, and the section of README.md; gives the paths. */
export function writePages(root: string, file: string): readonly string[] {
  const results = JSON.parse(readFileSync(join(root, file), "utf8")) as Results;
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const pages: readonly (readonly [string, string])[] = [
    [PLOT, plotOf(results, "node-net")],
    [TABLES, pageOf(results, file)],
    ["README.md", withSection(readme, sectionOf(results, PLOT, TABLES))],
  ];
  for (const [path, text] of pages) writeFileSync(join(root, path), text);
  return pages.map(([path]) => path);
}

function pageOf(results: Results, file: string): string {
  const { machine } = results;
  const name = basename(file);
  const failed = results.failed.map(
    ({ workload, peer, round, why }) => `- void: ${workload}, ${peer}, round ${round + 1}: ${why}`,
  );
  return [
    "# Results",
    "",
    `Measured ${results.date} by \`${results.command}\` at ${results.commit};`,
    `Node ${results.node};`,
    `${machine.cpu}, ${machine.cores} processors, ${machine.memoryGiB} GiB,`,
    `${machine.kernel}, ${machine.os}. Made from [${name}](${name}) by`,
    "`npm run bench -- --write-readme`; how it was measured is in",
    "[the README of the bench](../README.md).",
    "",
    ...failed,
    "",
    tablesOf(results),
    "## Targets",
    "",
    targetTable(results),
    "",
  ].join("\n");
}

const FOLDER = "bench/results";
const PLOT = "bench/results/plot.svg";
const TABLES = "bench/results/tables.md";
