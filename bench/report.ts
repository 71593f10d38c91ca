/** What the load generator prints of one run: counts of the measured window, not per operation. */
export interface LoadReport {
  readonly operations: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly cpuNs: number;
  /** Null where the machine has no counters, or does not let us have them. */
  readonly cycles: number | null;
  readonly instructions: number | null;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
  readonly rssBeforeBytes: number;
  readonly rssAfterBytes: number;
  readonly lost: number;
}

/** One run: a fresh server of one peer, in one round; those of one round may be compared. */
export interface Run {
  readonly workload: string;
  readonly peer: string;
  readonly round: number;
  readonly report: LoadReport;
  /** How late the server's timer was at worst, where the workload asks. */
  readonly timerLatestMs?: number;
}

/** A run that is void, and why. */
export interface FailedRun {
  readonly workload: string;
  readonly peer: string;
  readonly round: number;
  readonly why: string;
}
