import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describeMachine } from "../tools/machine.ts";
import { buildPrograms } from "./build-programs.ts";
import { absentLine, companyOf } from "./company.ts";
import { fetchPeers } from "./fetch-peers.ts";
import type { Measured } from "./measure.ts";
import { measure } from "./measure.ts";
import type { Options } from "./options.ts";
import { readOptions, USAGE } from "./options.ts";
import type { Peer } from "./peers.ts";
import { allPeers } from "./peers.ts";
import { Places } from "./places.ts";
import type { Results } from "./results.ts";
import { joined } from "./results.ts";
import { tablesOf } from "./table.ts";
import { targetTable } from "./targets.ts";
import type { Workload } from "./workloads.ts";
import { workloads } from "./workloads.ts";
import { newestResults, writePages } from "./write-pages.ts";

/** `npm run bench`: measures, prints tables on stdout, and keeps every run in a file. */
async function bench(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  using places = new Places(process.cwd());
  if (options.isHelp) return print(USAGE);
  if (options.isFetching) {
    if (!fetchPeers(places, tell)) process.exitCode = 1;
    return;
  }
  if (options.isListing) return list(places);
  if (options.isWritingReadme) {
    const file = options.file ?? newestResults(places.root);
    for (const page of writePages(places.root, file)) tell(`written: ${page}`);
    return;
  }
  await measureAll(places, options, args);
}

async function measureAll(
  places: Places,
  options: Options,
  args: readonly string[],
): Promise<void> {
  const chosen = options.workloads.map((id) => named(workloads, id, "workload"));
  const everybody = allPeers(places);
  for (const id of options.peers ?? []) if (id !== "all") named(everybody, id, "peer");
  const companies = new Map(
    chosen.map((workload) => [workload, companyOf(workload, everybody, options.peers)] as const),
  );
  const absent = [...companies.values()].flatMap((company) => company.absent);
  for (const workload of chosen) {
    const line = absentLine(absent, workload);
    if (line !== "") tell(`${workload.id}: ${line}`);
  }
  buildPrograms(places);
  const all: Measured = { runs: [], failed: [] };
  for (const [workload, { here }] of companies) {
    const { runs, failed } = await measure(
      places,
      workload,
      here,
      lengthsFor(workload, options),
      tell,
    );
    all.runs.push(...runs);
    all.failed.push(...failed);
  }
  const measured: Results = {
    date: new Date().toISOString(),
    command: ["npm run bench --", ...args].join(" "),
    machine: describeMachine(),
    node: process.versions.node,
    commit: commitOf(places.root),
    ...options.lengths,
    peers: titlesOf([...companies.values()].flatMap(({ here }) => here)),
    absent,
    ...all,
  };
  const { file: given, isAdding } = options;
  const before = isAdding && given !== null ? readFileSync(given, "utf8") : null;
  const results = before === null ? measured : joined(JSON.parse(before) as Results, measured);
  const file = given ?? `bench/results/${results.date.replace(/\W/g, "").slice(0, 13)}.json`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);
  const measuredIds = [...new Set(results.runs.map(({ workload }) => workload))];
  print(`${tablesOf(results)}\n${targetTable(results, measuredIds)}\n`);
  for (const { workload, peer, why } of all.failed) tell(`VOID: ${workload}, ${peer}: ${why}`);
  tell(`${all.runs.length} runs in ${file}, ${all.failed.length} void`);
  if (all.failed.length > 0) process.exitCode = 1;
}

/** One round of a minute says what a survival has to say. */
function lengthsFor({ measure }: Workload, { lengths }: Options): Options["lengths"] {
  const roundsMax = measure === "survival" ? 1 : measure === "cost" ? lengths.rounds : 3;
  return { ...lengths, rounds: Math.min(lengths.rounds, roundsMax) };
}

function titlesOf(peers: readonly Peer[]): Readonly<Record<string, string>> {
  return Object.fromEntries(peers.map(({ id, title }) => [id, title]));
}

function named<T extends { readonly id: string }>(all: readonly T[], id: string, what: string): T {
  const found = all.find((one) => one.id === id);
  if (found !== undefined) return found;
  throw new RangeError(`there is no ${what} ${id}; npm run bench -- --list`);
}

function list(places: Places): void {
  for (const { id, title } of workloads) print(`workload  ${id.padEnd(20)} ${title}\n`);
  for (const { id, title, missing } of allPeers(places)) {
    const state = missing === null ? "" : `; absent: ${missing}`;
    print(`peer      ${id.padEnd(20)} ${title}${state}\n`);
  }
}

function commitOf(root: string): string {
  const ran = spawnSync("git", ["rev-parse", "--short", "HEAD"], {
    cwd: join(root),
    encoding: "utf8",
  });
  return ran.status === 0 ? ran.stdout.trim() : "unknown";
}

function print(text: string): void {
  process.stdout.write(text);
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

await bench(process.argv.slice(2)).catch((error: unknown) => {
  const words = error instanceof RangeError || error instanceof TypeError;
  tell(words ? error.message : String(error instanceof Error ? error.stack : error));
  process.exitCode = words ? 2 : 1;
});
