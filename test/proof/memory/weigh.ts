import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** How the weight of a process is taken, for the record. */
export const METHOD: string = existsSync("/proc/self/status")
  ? "VmRSS in /proc/PID/status, every 100 ms"
  : "ps -o rss=, every 100 ms";

/**
 * How much heavier each process becomes, at most, from one second after now until `durationMs`
 * later.
 */
export async function growthOf(pids: readonly number[], durationMs: number): Promise<number[]> {
  await sleep(WARM_UP_MS);
  const first = pids.map(weightOf);
  const most = [...first];
  const endMs = performance.now() + durationMs;
  while (performance.now() < endMs) {
    await sleep(SAMPLE_MS);
    for (const [index, pid] of pids.entries())
      most[index] = Math.max(most[index] ?? 0, weightOf(pid));
  }
  return most.map((bytes, index) => bytes - (first[index] ?? 0));
}

const WARM_UP_MS = 1000;
const SAMPLE_MS = 100;

/** The memory of a process that is in use, in bytes. */
function weightOf(pid: number): number {
  const kibibytes = existsSync("/proc/self/status")
    ? /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
    : execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" });
  const bytes = Number(kibibytes) * 1024;
  if (!(bytes > 0)) throw new Error(`Cannot weigh process ${pid}`);
  return bytes;
}
