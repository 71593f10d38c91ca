import type { Machine } from "../tools/machine.ts";
import type { FailedRun, Run } from "./report.ts";
import type { Sample } from "./statistics.ts";
import type { Workload } from "./workloads.ts";

/** A file in `bench/results`: every run as it was, so that tables and plots can be made anew. */
export interface Results {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  readonly node: string;
  readonly commit: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly bytes: number;
  /** Titles of those who took part, by id. */
  readonly peers: Readonly<Record<string, string>>;
  /** Who could have taken part in a workload and did not, and why. */
  readonly absent: readonly Absent[];
  readonly runs: readonly Run[];
  readonly failed: readonly FailedRun[];
}

/** Somebody who could have been measured, and was not. */
export interface Absent {
  readonly workload: string;
  readonly peer: string;
  readonly title: string;
  /** `not asked`, or how to get what is missing. */
  readonly why: string;
}

/**
 * Both as one: what is measured of each workload is paired within itself, so that workloads may be
 * measured one after the other.
 *
 * @throws {RangeError} when a workload is in both, or they are not of the same commit and rounds.
 */
export function joined(before: Results, later: Results): Results {
  const measured = new Set(before.runs.map(({ workload }) => workload));
  const twice = later.runs.find(({ workload }) => measured.has(workload))?.workload;
  if (twice !== undefined) throw new RangeError(`${twice} is in the results already`);
  for (const key of ["commit", "node", "rounds", "seconds"] as const) {
    if (before[key] === later[key]) continue;
    throw new RangeError(`the results there are of ${key} ${before[key]}, not ${later[key]}`);
  }
  return {
    ...later,
    command: `${before.command} && ${later.command}`,
    peers: { ...before.peers, ...later.peers },
    absent: [...before.absent, ...later.absent],
    runs: [...before.runs, ...later.runs],
    failed: [...before.failed, ...later.failed],
  };
}

/** What is compared: cycles where every run has them, else CPU time. */
export type CostUnit = "cycles" | "ns";

export function costUnit(runs: readonly Run[]): CostUnit {
  return runs.length > 0 && runs.every(({ report }) => report.cycles !== null) ? "cycles" : "ns";
}

/** What one operation of a run costs; of idle connections, bytes of memory each. */
export function costOf({ report }: Run, workload: Workload, unit: CostUnit): number {
  if (workload.measure === "memory") {
    return (report.rssAfterBytes - report.rssBeforeBytes) / report.operations;
  }
  const cost = unit === "cycles" ? (report.cycles ?? 0) : report.cpuNs;
  return cost / report.operations;
}

/** What a peer's runs of a workload cost, by round. */
export function samplesOf(results: Results, workload: Workload, peer: string): readonly Sample[] {
  const ofWorkload = results.runs.filter((run) => run.workload === workload.id);
  const unit = costUnit(ofWorkload);
  return ofWorkload
    .filter((run) => run.peer === peer)
    .map((run) => ({ round: run.round, cost: costOf(run, workload, unit) }));
}
