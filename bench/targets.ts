import type { Run } from "./report.ts";
import type { Results } from "./results.ts";
import { samplesOf } from "./results.ts";
import type { Sample } from "./statistics.ts";
import { median, pairedRatios } from "./statistics.ts";
import type { Workload } from "./workloads.ts";
import { workloads } from "./workloads.ts";

/** What a peer is to reach: so many times less cost than another, or a figure of its own. */
export type Target =
  | {
      readonly workload: string;
      readonly peer: string;
      readonly against: string;
      readonly atLeast: number;
      /** On which way of doing it the bound is set, where there is more than one. */
      readonly by?: string;
    }
  | {
      readonly workload: string;
      readonly peer: string;
      /** For one operation; told only where the machine counts them. */
      readonly instructionsOf: string;
      readonly atMost: number;
    }
  | {
      readonly workload: string;
      readonly peer: string;
      readonly figure: Figure;
      readonly atMost: number;
    };

type Figure = "KiB each" | "lost" | "p99 ms" | "ms late";

/** What became of a target. */
export interface Verdict {
  readonly workload: string;
  readonly peer: string;
  readonly what: string;
  readonly wanted: string;
  /** The figure, or what it would have taken to have one. */
  readonly measured: string;
  /** Null where it was not measured. */
  readonly isReached: boolean | null;
}

/** Every target, in the order of the table: what was not measured is said to be so. */
export function verdicts(results: Results): readonly Verdict[] {
  return TARGETS.map((target) => verdictOn(results, target));
}

/** As a table, of these workloads alone where they are named. */
export function targetTable(
  results: Results,
  ids: readonly string[] = workloads.map(({ id }) => id),
): string {
  const rows = TARGETS.filter(({ workload }) => ids.includes(workload))
    .map((target) => verdictOn(results, target))
    .map(({ workload, peer, what, wanted, measured, isReached }) => {
      const reached = isReached === null ? "not measured" : isReached ? "yes" : "**no**";
      return `| ${[workload, peer, what, wanted, measured, reached].join(" | ")} |`;
    });
  if (rows.length === 0) return "";
  const head = "| workload | | measured as | wanted | measured | reached |";
  return [head, "| --- | --- | --- | ---: | ---: | --- |", ...rows].join("\n");
}

function verdictOn(results: Results, target: Target): Verdict {
  const { workload, peer } = target;
  const measured = measure(results, target);
  const isMeasured = typeof measured === "number";
  const wanted = "atLeast" in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
  const reaches = (figure: number): boolean =>
    "atLeast" in target ? figure >= target.atLeast : figure <= target.atMost;
  return {
    workload: workloads.find(({ id }) => id === workload)?.title ?? workload,
    peer: titleOf(results, peer),
    what: wordsFor(results, target),
    wanted,
    measured: isMeasured ? measured.toFixed(2) : measured.lacks,
    isReached: isMeasured ? reaches(measured) : null,
  };
}

function wordsFor(results: Results, target: Target): string {
  if ("figure" in target) return target.figure;
  if ("instructionsOf" in target) {
    return `instructions, × ${titleOf(results, target.instructionsOf)}`;
  }
  const by = target.by === undefined ? "" : `, by ${target.by}`;
  return `× ${titleOf(results, target.against)}${by}`;
}

/** The figure, or what there was not. */
function measure(results: Results, target: Target): number | { readonly lacks: string } {
  const workload = workloads.find(({ id }) => id === target.workload);
  if (workload === undefined) return { lacks: `no ${target.workload}` };
  const runsOf = (peer: string): readonly Run[] =>
    results.runs.filter((run) => run.workload === target.workload && run.peer === peer);
  const runs = runsOf(target.peer);
  if (runs.length === 0) return { lacks: `no run of ${titleOf(results, target.peer)}` };
  if ("figure" in target) return figureOf(results, workload, target.figure, runs);
  const other = "against" in target ? target.against : target.instructionsOf;
  const noPair = { lacks: `no run of ${titleOf(results, other)} in the same round` };
  if ("against" in target) {
    const ours = samplesOf(results, workload, target.peer);
    const ratios = pairedRatios(ours, samplesOf(results, workload, other));
    return ratios.length === 0 ? noPair : median(ratios);
  }
  const theirs = runsOf(other);
  if ([...runs, ...theirs].some(({ report }) => report.instructions === null)) {
    return { lacks: "no counters" };
  }
  // A pair is how many times less the first one has; wanted is how many times more we have.
  const ratios = pairedRatios(theirs.map(instructionsOf), runs.map(instructionsOf));
  return ratios.length === 0 ? noPair : median(ratios);
}

function figureOf(
  results: Results,
  workload: Workload,
  figure: Figure,
  runs: readonly Run[],
): number {
  switch (figure) {
    case "KiB each": {
      const own = samplesOf(results, workload, runs[0]?.peer ?? "");
      return median(own.map(({ cost }) => cost)) / 1024;
    }
    case "lost":
      return Math.max(...runs.map(({ report }) => report.lost));
    case "p99 ms":
      return median(runs.map(({ report }) => report.p99Us)) / 1000;
    case "ms late":
      return Math.max(...runs.map(({ timerLatestMs = Infinity }) => timerLatestMs));
  }
}

function instructionsOf({ round, report }: Run): Sample {
  return { round, cost: (report.instructions ?? 0) / report.operations };
}

function titleOf(results: Results, peer: string): string {
  const absent = results.absent.find((one) => one.peer === peer);
  return results.peers[peer] ?? absent?.title ?? peer;
}

const NATIVE = "overwall-native";
const PORTABLE = "overwall-portable";
const NET = "node-net";

function ratios(
  peer: string,
  workload: string,
  wanted: Readonly<Record<string, number>>,
): readonly Target[] {
  return Object.entries(wanted).map(([against, atLeast]) => ({ workload, peer, against, atLeast }));
}

export const TARGETS: readonly Target[] = [
  ...ratios(NATIVE, "small", { [NET]: 8, bun: 5, go: 5, uvloop: 1, "c-coalesced": 0.7 }),
  ...ratios(PORTABLE, "small", { [NET]: 4.5 }),
  ...ratios(NATIVE, "echo-50", { [NET]: 1.6, bun: 1, "c-epoll": 0.9 }),
  { workload: "echo-50", peer: NATIVE, instructionsOf: "c-epoll", atMost: 1.2 },
  ...ratios(PORTABLE, "echo-50", { [NET]: 0.9 }),
  ...ratios(NATIVE, "echo-1000", { [NET]: 1.4, bun: 1, "c-epoll": 0.9 }),
  { workload: "echo-1000", peer: NATIVE, instructionsOf: "c-epoll", atMost: 1.2 },
  ...ratios(PORTABLE, "echo-1000", { [NET]: 0.9 }),
  ...ratios(NATIVE, "echo-16k", { [NET]: 1.9, "c-epoll": 0.85 }),
  ...ratios(PORTABLE, "echo-16k", { [NET]: 1 }),
  ...ratios(NATIVE, "pipelined", { [NET]: 1.6, "c-epoll": 0.9 }),
  ...ratios(PORTABLE, "pipelined", { [NET]: 1 }),
  ...ratios(NATIVE, "bulk-in", { [NET]: 1.2, "c-epoll": 0.55 }),
  ...ratios(PORTABLE, "bulk-in", { [NET]: 0.95 }),
  ...ratios(NATIVE, "bulk-in-borrowed", { [NET]: 1.8, "c-epoll": 0.68 }),
  ...ratios(PORTABLE, "bulk-in-borrowed", { [NET]: 0.95 }),
  ...ratios(NATIVE, "bulk-out", { [NET]: 1.5, "c-epoll": 1.2 }),
  ...ratios(PORTABLE, "bulk-out", { [NET]: 1.4 }),
  ...ratios(NATIVE, "relay-bulk", {
    [NET]: 2.2,
    socat: 4,
    "socat-64k": 1.2,
    haproxy: 1.8,
    "c-epoll": 1,
  }),
  // Of this workload nearly every byte is moved by splice: docs/decisions/0019.
  { workload: "relay-bulk", peer: NATIVE, against: NET, atLeast: 3, by: "splice" },
  ...ratios(PORTABLE, "relay-bulk", { [NET]: 1.2, socat: 3 }),
  ...ratios(NATIVE, "relay-echo", { socat: 2, haproxy: 0.9 }),
  ...ratios(PORTABLE, "relay-echo", { socat: 1.4 }),
  ...ratios(NATIVE, "churn", { [NET]: 2.2, "c-epoll": 0.85 }),
  ...ratios(`${NATIVE}@24`, "churn", { [`${NET}@24`]: 1.5 }),
  ...ratios(PORTABLE, "churn", { [NET]: 0.9 }),
  { workload: "idle", peer: NATIVE, figure: "KiB each", atMost: 1.4 },
  { workload: "idle", peer: PORTABLE, figure: "KiB each", atMost: 6 },
  { workload: "many", peer: NATIVE, figure: "lost", atMost: 0 },
  { workload: "many", peer: NATIVE, figure: "p99 ms", atMost: 100 },
  { workload: "many", peer: PORTABLE, figure: "lost", atMost: 0 },
  { workload: "timer", peer: NATIVE, figure: "ms late", atMost: 30 },
];
