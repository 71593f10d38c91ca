import { absentLine } from "./company.ts";
import type { Run } from "./report.ts";
import type { Results } from "./results.ts";
import { costUnit, samplesOf } from "./results.ts";
import { median, pairedRatios, spreadOf } from "./statistics.ts";
import type { Workload } from "./workloads.ts";
import { workloads } from "./workloads.ts";

/** All tables of a file of results, as Markdown; below each, who is not in it, and why. */
export function tablesOf(results: Results): string {
  const parts = workloads.flatMap((workload) => {
    const table = tableOf(results, workload);
    if (table === "") return [];
    const absent = absentLine(results.absent, workload);
    const parts = [`### ${capital(workload.title)}`, table, ...(absent === "" ? [] : [absent])];
    return [parts.join("\n\n")];
  });
  return `${parts.join("\n\n")}\n`;
}

/** One row for each peer that took part in a workload, the cheapest first. */
export function tableOf(results: Results, workload: Workload): string {
  const runs = results.runs.filter((run) => run.workload === workload.id);
  const peers = [...new Set(runs.map(({ peer }) => peer))];
  if (peers.length === 0) return "";
  const rows = peers
    .map((peer) => ({
      order: orderOf(
        runs.filter((run) => run.peer === peer),
        results,
        workload,
        peer,
      ),
      cells: cellsOf(results, workload, peer, runs),
    }))
    .sort((a, b) => a.order - b.order)
    .map(({ cells }) => `| ${cells.join(" | ")} |`);
  const heads = headsOf(workload, runs);
  const rule = heads.map((_, index) => (index === 0 ? "---" : "---:"));
  return [`| ${heads.join(" | ")} |`, `| ${rule.join(" | ")} |`, ...rows].join("\n");
}

const REFERENCES: readonly (readonly [string, string])[] = [
  ["node-net", "× node:net + noDelay"],
  ["c-epoll", "× C epoll"],
];

function headsOf(workload: Workload, runs: readonly Run[]): readonly string[] {
  const ratios = REFERENCES.map(([, head]) => head);
  switch (workload.measure) {
    case "memory":
      return ["", "KiB each", ...ratios, "runs"];
    case "survival":
      return ["", "lost", "p50 ms", "p99 ms", "longest ms", "runs"];
    case "timer":
      return ["", "late by at most, ms", "echoes/s", "runs"];
    case "cost": {
      const cost = costUnit(runs) === "cycles" ? "cycles" : "µs CPU";
      const instructions = hasInstructions(runs) ? ["instructions"] : [];
      const rate = workload.operation === "MB" ? "MB/s" : "per s";
      const head = ["", `${cost} / ${workload.operation}`, ...instructions, ...ratios, rate];
      return workload.operation === "MB"
        ? [...head, "runs"]
        : [...head, "p50 µs", "p99 µs", "runs"];
    }
  }
}

function cellsOf(
  results: Results,
  workload: Workload,
  peer: string,
  runs: readonly Run[],
): readonly string[] {
  const own = runs.filter((run) => run.peer === peer);
  const middle = (of: (run: Run) => number): number => median(own.map(of));
  const title = results.peers[peer] ?? peer;
  const count = String(own.length);
  const ms = (of: (run: Run) => number): string => (middle(of) / 1000).toFixed(1);
  const ratios = (): readonly string[] =>
    REFERENCES.map(([reference]) => ratioCell(results, workload, peer, reference));
  switch (workload.measure) {
    case "memory": {
      const bytes = median(samplesOf(results, workload, peer).map(({ cost }) => cost));
      return [title, (bytes / 1024).toFixed(2), ...ratios(), count];
    }
    case "survival": {
      const lost = String(Math.max(...own.map(({ report }) => report.lost)));
      return [
        title,
        lost,
        ms(({ report }) => report.p50Us),
        ms(({ report }) => report.p99Us),
        ms(({ report }) => report.maxUs),
        count,
      ];
    }
    case "timer": {
      const latest = Math.max(...own.map(({ timerLatestMs }) => timerLatestMs ?? 0));
      return [title, latest.toFixed(1), rateOf(middle), count];
    }
    case "cost": {
      const cost = median(samplesOf(results, workload, peer).map((sample) => sample.cost));
      const shown = significant(costUnit(runs) === "cycles" ? cost : cost / 1000);
      const instructions = hasInstructions(runs)
        ? [significant(middle(({ report }) => (report.instructions ?? 0) / report.operations))]
        : [];
      const head = [title, shown, ...instructions, ...ratios(), rateOf(middle)];
      const times =
        workload.operation === "MB"
          ? []
          : [middle(({ report }) => report.p50Us), middle(({ report }) => report.p99Us)];
      return [...head, ...times.map((us) => (us === 0 ? "" : String(Math.round(us)))), count];
    }
  }
}

function rateOf(middle: (of: (run: Run) => number) => number): string {
  return String(Math.round(middle(({ report }) => report.operations / report.seconds)));
}

/** `1.80 [1.42–2.56]`: the median of the pairs, and their ends. */
export function ratioCell(
  results: Results,
  workload: Workload,
  peer: string,
  reference: string,
): string {
  const ours = samplesOf(results, workload, peer);
  const other = sameNode(results, peer, reference);
  const spread = spreadOf(pairedRatios(ours, samplesOf(results, workload, other)));
  if (spread === undefined) return "";
  if (peer === other) return "1";
  return `${ratio(spread.median)} [${ratio(spread.min)}–${ratio(spread.max)}]`;
}

/** What runs on a Node of its own is compared to `node:net` on that Node, where it was measured. */
function sameNode(results: Results, peer: string, reference: string): string {
  const own = `${reference}${/@\d+$/.exec(peer)?.[0] ?? ""}`;
  return own in results.peers ? own : reference;
}

function ratio(value: number): string {
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function significant(value: number): string {
  return value >= 1000 ? String(Math.round(value)) : value.toPrecision(3);
}

function hasInstructions(runs: readonly Run[]): boolean {
  return runs.every(({ report }) => report.instructions !== null);
}

function orderOf(own: readonly Run[], results: Results, workload: Workload, peer: string): number {
  if (workload.measure === "survival") return median(own.map(({ report }) => report.p99Us));
  if (workload.measure === "timer") return Math.max(...own.map((run) => run.timerLatestMs ?? 0));
  return median(samplesOf(results, workload, peer).map(({ cost }) => cost));
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
