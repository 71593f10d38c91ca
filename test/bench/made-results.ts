import type { LoadReport, Run } from "../../bench/report.ts";
import type { Results } from "../../bench/results.ts";

/** A report of 1000 operations that cost this much CPU each, and took a second. */
export function reportOf(usEach: number, more: Partial<LoadReport> = {}): LoadReport {
  return {
    operations: 1000,
    bytes: 128_000,
    seconds: 1,
    cpuNs: usEach * 1000 * 1000,
    cycles: null,
    instructions: null,
    p50Us: 100,
    p99Us: 200,
    p999Us: 300,
    maxUs: 400,
    rssBeforeBytes: 0,
    rssAfterBytes: 0,
    lost: 0,
    ...more,
  };
}

/** Results in which each peer has a run in each round, by its costs in microseconds. */
export function resultsOf(
  workload: string,
  costs: Readonly<Record<string, readonly number[]>>,
  more: Partial<LoadReport> = {},
): Results {
  const runs: Run[] = Object.entries(costs).flatMap(([peer, all]) =>
    all.map((us, round) => ({ workload, peer, round, report: reportOf(us, more) })),
  );
  return {
    date: "2026-11-23T10:00:00.000Z",
    command: "npm run bench",
    machine: { cpu: "a processor", cores: 2, memoryGiB: 8, kernel: "Linux 6", os: "an OS" },
    node: "20.19.0",
    commit: "abc1234",
    rounds: 3,
    seconds: 1,
    bytes: 1,
    peers: Object.fromEntries(Object.keys(costs).map((peer) => [peer, `title of ${peer}`])),
    absent: [],
    runs,
    failed: [],
  };
}
