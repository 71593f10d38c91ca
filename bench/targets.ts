import type { Results } from "./results.ts";
import { samplesOf } from "./results.ts";
import { median, pairedRatios } from "./statistics.ts";
import { workloads } from "./workloads.ts";

/** What a peer is to reach: so many times less cost than another, or a figure of its own. */
export type Target =
  | {
      readonly workload: string;
      readonly peer: string;
      readonly against: string;
      readonly atLeast: number;
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
  readonly measured: string;
  readonly isReached: boolean;
}

/** Those of the targets that these results can say something about. */
export function verdicts(results: Results): readonly Verdict[] {
  return TARGETS.flatMap((target) => {
    const measured = measure(results, target);
    if (measured === undefined) return [];
    const { workload, peer } = target;
    const isRatio = "against" in target;
    return [
      {
        workload: workloads.find(({ id }) => id === workload)?.title ?? workload,
        peer: results.peers[peer] ?? peer,
        what: isRatio ? `× ${results.peers[target.against] ?? target.against}` : target.figure,
        wanted: isRatio ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`,
        measured: measured.toFixed(2),
        isReached: isRatio ? measured >= target.atLeast : measured <= target.atMost,
      },
    ];
  });
}

/** As a table; empty where the results say nothing about any target. */
export function targetTable(results: Results): string {
  const rows = verdicts(results).map(
    ({ workload, peer, what, wanted, measured, isReached }) =>
      `| ${[workload, peer, what, wanted, measured, isReached ? "yes" : "**no**"].join(" | ")} |`,
  );
  if (rows.length === 0) return "";
  const head = "| workload | | measured as | wanted | measured | reached |";
  return [head, "| --- | --- | --- | ---: | ---: | --- |", ...rows].join("\n");
}

function measure(results: Results, target: Target): number | undefined {
  const workload = workloads.find(({ id }) => id === target.workload);
  if (workload === undefined) return undefined;
  const ours = samplesOf(results, workload, target.peer);
  if (ours.length === 0) return undefined;
  if ("against" in target) {
    const ratios = pairedRatios(ours, samplesOf(results, workload, target.against));
    return ratios.length === 0 ? undefined : median(ratios);
  }
  const runs = results.runs.filter(
    (run) => run.workload === target.workload && run.peer === target.peer,
  );
  switch (target.figure) {
    case "KiB each":
      return median(ours.map(({ cost }) => cost)) / 1024;
    case "lost":
      return Math.max(...runs.map(({ report }) => report.lost));
    case "p99 ms":
      return median(runs.map(({ report }) => report.p99Us)) / 1000;
    case "ms late":
      return Math.max(...runs.map(({ timerLatestMs = Infinity }) => timerLatestMs));
  }
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
  ...ratios(PORTABLE, "echo-50", { [NET]: 0.9 }),
  ...ratios(NATIVE, "echo-1000", { [NET]: 1.4, bun: 1, "c-epoll": 0.9 }),
  ...ratios(PORTABLE, "echo-1000", { [NET]: 0.9 }),
  ...ratios(NATIVE, "echo-16k", { [NET]: 1.9, "c-epoll": 0.85 }),
  ...ratios(PORTABLE, "echo-16k", { [NET]: 1 }),
  ...ratios(NATIVE, "pipelined", { [NET]: 1.6, "c-epoll": 0.9 }),
  ...ratios(PORTABLE, "pipelined", { [NET]: 1 }),
  ...ratios(NATIVE, "bulk-in", { [NET]: 1.2, "c-epoll": 0.55 }),
  ...ratios(PORTABLE, "bulk-in", { [NET]: 0.95 }),
  ...ratios(NATIVE, "bulk-in-borrowed", { [NET]: 1.8, "c-epoll": 0.68 }),
  ...ratios(NATIVE, "bulk-out", { [NET]: 1.5, "c-epoll": 1.2 }),
  ...ratios(PORTABLE, "bulk-out", { [NET]: 1.4 }),
  ...ratios(NATIVE, "relay-bulk", {
    [NET]: 2.2,
    socat: 4,
    "socat-64k": 1.2,
    haproxy: 1.8,
    "c-epoll": 1,
  }),
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
