import type { ExecFileSyncOptionsWithStringEncoding } from "node:child_process";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";

/**
 * How often to do a thing: `reduced` in `npm test`, `full` where a proof is run. Prints the number
 * it
 * gave, so that nobody takes the one for the other.
 */
export function count(name: string, reduced: number, full: number): number {
  const used = isFull() ? full : reduced;
  process.stdout.write(`count ${name}: ${used}${used === full ? "" : ` of ${full}`}\n`);
  return used;
}

/** Whether the counts are those of a proof. */
export function isFull(): boolean {
  return process.env["OVERWALL_COUNTS"] === "full";
}

/**
 * `howMany` seeds that follow from the commit: other ones for each commit, the same on every
 * machine.
 * `OVERWALL_SEED` puts another word in the commit's place, to repeat a run.
 */
export function seeds(howMany: number): number[] {
  const origin = process.env["OVERWALL_SEED"] ?? commit();
  process.stdout.write(`count seeds: ${howMany} from ${origin}\n`);
  return Array.from({ length: howMany }, (_, index) => seedFrom(origin, index));
}

function seedFrom(origin: string, index: number): number {
  return createHash("sha256").update(`${origin}:${index}`).digest().readUInt32BE(0);
}

/** Without a repository, as in an unpacked archive, the seeds are always the same. */
function commit(): string {
  try {
    const options: ExecFileSyncOptionsWithStringEncoding = {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    };
    return execFileSync("git", ["rev-parse", "--short=12", "HEAD"], options).trim();
  } catch {
    return "no-commit";
  }
}
