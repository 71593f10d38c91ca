import { spawn } from "node:child_process";
import { join } from "node:path";

export interface Ran {
  /** The exit code; 128 and more for a signal. */
  readonly status: number;
  /** Both outputs, as they came. */
  readonly output: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Shows the output while it comes. */
  readonly echo?: boolean;
  /** Kills it after so long; without it, waits for ever. */
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end. Rejects only if it cannot be started. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  return await new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.timeoutMs === undefined
        ? {}
        : { timeout: options.timeoutMs, killSignal: "SIGKILL" }),
      env: { ...process.env, NO_COLOR: "1", ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        if (options.echo) process.stdout.write(chunk);
      });
    }
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const late = signal === "SIGKILL" && options.timeoutMs !== undefined;
      const note = late ? `\nkilled after ${options.timeoutMs} ms\n` : "";
      resolve({ status: code ?? 128, output: Buffer.concat(chunks).toString() + note });
    });
  });
}

/** Runs a program that a development dependency brought. */
export async function runTool(root: string, name: string, args: readonly string[]): Promise<Ran> {
  const isWindows = process.platform === "win32";
  const path = join(root, "node_modules/.bin", isWindows ? `${name}.cmd` : name);
  return await runProgram(path, args, { cwd: root });
}
