import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A pipe of this process, by the numbers of its two ends; the caller's to close. */
export interface Pipe {
  readonly input: number;
  readonly output: number;
}

/** Made from a named pipe, whose name is gone at once: Node has no `pipe()`. */
export function makePipe(): Pipe {
  const folder = mkdtempSync(join(tmpdir(), "overwall-pipe-"));
  try {
    const path = join(folder, "pipe");
    execFileSync("mkfifo", [path]);
    const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
    const opener = openSync(path, O_RDONLY | O_NONBLOCK);
    const output = openSync(path, O_WRONLY);
    const input = openSync(path, O_RDONLY);
    closeSync(opener);
    return { input, output };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
