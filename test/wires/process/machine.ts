import { readdirSync, readFileSync } from "node:fs";

/** How many descriptors this process has open, where the system tells. */
export function descriptorCount(): number {
  return process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
}

/** Whether there is a process of that number, one that nobody has reaped included. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The children of this process, those that nobody has reaped included; Linux only. */
export function childrenOfOurs(): number[] {
  if (process.platform !== "linux") return [];
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => parentOf(pid) === process.pid);
}

/** What follows the name in parentheses: the state, then the parent. */
function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return null;
  }
}
