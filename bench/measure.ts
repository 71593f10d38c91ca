import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { cpus } from "node:os";
import { groupsOf } from "./groups.ts";
import type { Peer } from "./peers.ts";
import type { Places } from "./places.ts";
import type { FailedRun, LoadReport, Run } from "./report.ts";
import { ServerProcess } from "./server-process.ts";
import type { Workload } from "./workloads.ts";

/** How long the runs are. */
export interface Lengths {
  readonly rounds: number;
  readonly warmupS: number;
  readonly seconds: number;
  readonly bytes: number;
}

export interface Measured {
  readonly runs: Run[];
  readonly failed: FailedRun[];
}

/**
 * Measures a workload, a group after the other: in each round every peer of a group once, each with
 * a fresh server, A B C A B C …, so that what disturbs the machine disturbs all; each round begins
 * with another. The rounds of all groups are numbered through.
 */
export async function measure(
  places: Places,
  workload: Workload,
  peers: readonly Peer[],
  lengths: Lengths,
  tell: (line: string) => void,
): Promise<Measured> {
  const runs: Run[] = [];
  const failed: FailedRun[] = [];
  const groups = groupsOf(peers, workload);
  const rounds = groups.length * lengths.rounds;
  for (let round = 0; round < rounds; round += 1) {
    const group = groups[Math.floor(round / lengths.rounds)] ?? [];
    for (let turn = 0; turn < group.length; turn += 1) {
      const peer = group[(turn + round) % group.length];
      if (peer === undefined) continue;
      const where = { workload: workload.id, peer: peer.id, round };
      const what = `${workload.id} ${round + 1}/${rounds} ${peer.id}`;
      try {
        const run = { ...where, ...(await runOnce(places, workload, peer, lengths)) };
        runs.push(run);
        tell(`${what}: ${shortly(run, workload)}`);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        failed.push({ ...where, why });
        tell(`${what}: VOID: ${why}`);
      }
    }
  }
  return { runs, failed };
}

/** One run: a fresh server, and behind a relay a fresh C server. */
async function runOnce(
  places: Places,
  workload: Workload,
  peer: Peer,
  lengths: Lengths,
): Promise<Pick<Run, "report" | "timerLatestMs">> {
  const { servers, load } = processors();
  await using stack = new AsyncDisposableStackOfServers();
  let argument = workload.mode === "source" ? String(lengths.bytes + WARMUP_BYTES) : "";
  if (workload.behind !== undefined) {
    const behind = await freePort();
    argument = String(behind);
    const command = { program: places.built("c-server"), args: [workload.behind, argument] };
    stack.use(await ServerProcess.start(command, behind, load));
  }
  const port = await freePort();
  const { mode, borrows } = workload;
  const command = peer.command({ mode, borrows, port, argument });
  if (command === undefined) throw new Error(`${peer.id} does not do ${workload.id}`);
  const server = stack.use(await ServerProcess.start(command, port, servers));
  const report = await runLoad(places.built("load"), [
    ...workload.load,
    ...["--port", String(port), "--pid", String(server.pid)],
    ...["--warmup", String(lengths.warmupS)],
    ...["--warmup-operations", String(workload.warmupOperations ?? 0)],
    ...["--seconds", String(workload.seconds ?? lengths.seconds)],
    ...["--warmup-bytes", String(WARMUP_BYTES), "--bytes", String(lengths.bytes)],
    ...(load === null ? [] : ["--cpu", String(load)]),
  ]);
  if (workload.measure !== "timer") return { report };
  const said = JSON.parse(await server.end()) as { latestMs: number };
  return { report, timerLatestMs: said.latestMs };
}

/** Runs the load generator; @throws {Error} with its word when the run is void. */
export async function runLoad(program: string, words: readonly string[]): Promise<LoadReport> {
  const said = await new Promise<string>((resolve) => {
    execFile(program, words, (_error, stdout) => resolve(stdout));
  });
  const report = JSON.parse(said === "" ? '{"error":"load ended without a word"}' : said) as
    | LoadReport
    | { readonly error: string };
  if ("error" in report) throw new Error(report.error);
  return report;
}

/** Which processors servers and load keep to: one each, so that none is in the other's way. */
function processors(): { readonly servers: number | null; readonly load: number | null } {
  return cpus().length < 2 ? { servers: null, load: null } : { servers: 0, load: 1 };
}

/** A port that was free a moment ago, below those that the system gives to clients. */
export async function freePort(): Promise<number> {
  for (;;) {
    nextPort = nextPort >= LAST_PORT ? FIRST_PORT : nextPort + 1;
    if (await isFree(nextPort)) return nextPort;
  }
}

async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

const FIRST_PORT = 20_000;
const LAST_PORT = 30_000;
let nextPort = FIRST_PORT + (process.pid % (LAST_PORT - FIRST_PORT));

/** Bytes that go before the measured ones. */
const WARMUP_BYTES = 256 * 1024 * 1024;

class AsyncDisposableStackOfServers implements AsyncDisposable {
  readonly #servers: ServerProcess[] = [];

  use(server: ServerProcess): ServerProcess {
    this.#servers.push(server);
    return server;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers.reverse()) await server[Symbol.asyncDispose]();
  }
}

function shortly({ report, timerLatestMs }: Omit<Run, "round">, workload: Workload): string {
  if (timerLatestMs !== undefined) return `late by at most ${timerLatestMs.toFixed(1)} ms`;
  if (workload.measure === "memory") {
    const bytes = (report.rssAfterBytes - report.rssBeforeBytes) / report.operations;
    return `${(bytes / 1024).toFixed(2)} KiB`;
  }
  if (workload.measure === "survival") {
    return `${report.lost} lost, p99 ${(report.p99Us / 1000).toFixed(1)} ms`;
  }
  const us = report.cpuNs / 1000 / report.operations;
  const rate = report.operations / report.seconds;
  return `${us.toPrecision(4)} us, ${Math.round(rate)} ${workload.operation}/s`;
}
