/** What a server must do to take part in a workload. */
export type ServerMode = "echo" | "small" | "sink" | "source" | "relay" | "timer";

/** What the numbers of a workload are about. */
export type Measure = "cost" | "memory" | "survival" | "timer";

export interface Workload {
  readonly id: string;
  readonly title: string;
  readonly measure: Measure;
  readonly mode: ServerMode;
  /** Ours takes part as a layer of our own, which is lent the bytes; the others as ever. */
  readonly borrows?: true;
  /** Everybody is measured here, not only those whom a target needs. */
  readonly isForAll?: true;
  /** What is read is so large that where it goes tells: C that keeps each read is measured too. */
  readonly hasLargeReads?: true;
  /** For a relay: what the C server behind it does. */
  readonly behind?: "echo" | "sink";
  /** What one operation is, in the words of a table's head. */
  readonly operation: string;
  /** The words of the load generator, without where and how long. */
  readonly load: readonly string[];
  /** How many operations go before the measured ones: until the compiler of V8 has settled. */
  readonly warmupOperations?: number;
  /** How long, where it is not for the options to say. */
  readonly seconds?: number;
}

/** Every workload, in the order of the tables. */
export const workloads: readonly Workload[] = [
  {
    id: "small",
    title: "small writes: 10 × 32 B for each request of 64 B, 50 connections",
    measure: "cost",
    isForAll: true,
    mode: "small",
    operation: "request",
    warmupOperations: 20_000,
    load: ["echo", "--connections", "50", "--response", "320"],
  },
  {
    id: "echo-1",
    title: "echo 64 B, 1 connection",
    measure: "cost",
    mode: "echo",
    operation: "echo",
    warmupOperations: 20_000,
    load: ["echo", "--connections", "1"],
  },
  {
    id: "echo-50",
    title: "echo 64 B, 50 connections",
    measure: "cost",
    isForAll: true,
    mode: "echo",
    operation: "echo",
    warmupOperations: 30_000,
    load: ["echo", "--connections", "50"],
  },
  {
    id: "echo-1000",
    title: "echo 64 B, 1000 connections",
    measure: "cost",
    isForAll: true,
    mode: "echo",
    operation: "echo",
    warmupOperations: 30_000,
    load: ["echo", "--connections", "1000"],
  },
  {
    id: "echo-16k",
    title: "echo 16 KiB, 50 connections",
    measure: "cost",
    hasLargeReads: true,
    mode: "echo",
    operation: "echo",
    warmupOperations: 20_000,
    load: ["echo", "--connections", "50", "--size", "16384"],
  },
  {
    id: "pipelined",
    title: "pipelined echo, 64 × 64 B on the way, 50 connections",
    measure: "cost",
    hasLargeReads: true,
    mode: "echo",
    operation: "echo",
    warmupOperations: 500_000,
    load: ["echo", "--connections", "50", "--depth", "64"],
  },
  {
    id: "bulk-in",
    title: "bulk in, 1 connection",
    measure: "cost",
    hasLargeReads: true,
    mode: "sink",
    operation: "MB",
    load: ["sink"],
  },
  {
    id: "bulk-in-borrowed",
    title: "bulk in, through a borrowing layer, 1 connection",
    measure: "cost",
    mode: "sink",
    borrows: true,
    operation: "MB",
    load: ["sink"],
  },
  {
    id: "bulk-out",
    title: "bulk out, writes of 64 KiB, 1 connection",
    measure: "cost",
    mode: "source",
    operation: "MB",
    load: ["source"],
  },
  {
    id: "relay-bulk",
    title: "relay, bulk, 1 connection",
    measure: "cost",
    mode: "relay",
    behind: "sink",
    operation: "MB",
    load: ["sink"],
  },
  {
    id: "relay-echo",
    title: "relay, echo 64 B, 50 connections",
    measure: "cost",
    mode: "relay",
    behind: "echo",
    operation: "echo",
    warmupOperations: 20_000,
    load: ["echo", "--connections", "50"],
  },
  {
    id: "churn",
    title: "connect, echo, close: 50 at once",
    measure: "cost",
    mode: "echo",
    operation: "connection",
    warmupOperations: 5_000,
    load: ["churn", "--connections", "50", "--sources", "200"],
  },
  {
    id: "idle",
    title: "memory of an idle connection, at 10,000",
    measure: "memory",
    mode: "echo",
    operation: "connection",
    load: ["idle", "--connections", "10000", "--sources", "200"],
    seconds: 1,
  },
  {
    id: "many",
    title: "19,000 connections at once, an echo each second on each, for a minute",
    measure: "survival",
    mode: "echo",
    operation: "echo",
    load: ["many", "--connections", "19000", "--sources", "200"],
    seconds: 60,
  },
  {
    id: "timer",
    title: "a timer of 5 ms beside 1000 connections that echo as fast as they can",
    measure: "timer",
    mode: "timer",
    operation: "echo",
    warmupOperations: 30_000,
    load: ["echo", "--connections", "1000"],
  },
];

/** Those of `--quick`. */
export const quickWorkloads: readonly string[] = [
  "small",
  "echo-50",
  "echo-16k",
  "bulk-in",
  "bulk-out",
  "churn",
];
