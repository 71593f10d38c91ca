import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface CliRunOptions {
  /** Besides ours. */
  readonly env?: Readonly<Record<string, string>>;
  /** A descriptor to write to, in place of a pipe that is read here. */
  readonly stdout?: number | "pipe";
}

/** One run of the command: its output as it comes, and how it ended. */
export class CliRun implements AsyncDisposable {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  readonly #stdout: Buffer[] = [];
  #stderr = "";
  readonly #watchers: Set<() => void> = new Set();

  constructor(args: readonly string[], { env = {}, stdout = "pipe" }: CliRunOptions = {}) {
    this.child = spawn(process.execPath, [MAIN, ...args], {
      env: { ...process.env, ...env },
      stdio: ["pipe", stdout, "pipe"],
    }) as ChildProcessWithoutNullStreams;
    this.child.stdin.on("error", () => {});
    this.child.stdout?.on("data", (data: Buffer) => this.#look(() => this.#stdout.push(data)));
    this.child.stderr.on("data", (data: Buffer) =>
      this.#look(() => (this.#stderr += data.toString())),
    );
    this.ended = new Promise((resolve) => {
      this.child.on("close", (code) => {
        resolve({ code, stdout: this.stdout, stderr: this.#stderr });
        this.#look(() => {});
      });
    });
  }

  get stdout(): Buffer {
    return Buffer.concat(this.#stdout);
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The first match in what it has written, once it has; rejects when it ends without. */
  async saw(pattern: RegExp, where: "stdout" | "stderr" = "stderr"): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(where === "stderr" ? this.#stderr : this.stdout.toString());
      if (found !== null) return found;
      if (this.child.exitCode !== null && this.child.stdout?.readableEnded !== false) {
        throw new Error(`ended without ${pattern}: ${this.#stderr}${this.stdout.toString()}`);
      }
      await new Promise<void>((resolve) => this.#watchers.add(resolve));
    }
  }

  /** Gives it `input` and the end of it. */
  input(input: string | Uint8Array = ""): this {
    this.child.stdin.end(input);
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null) this.child.kill("SIGKILL");
    await this.ended;
  }

  #look(change: () => void): void {
    change();
    const waiting = [...this.#watchers];
    this.#watchers.clear();
    for (const wake of waiting) wake();
  }
}

/** Runs it to its end, with an input that is over at once. */
export async function runCli(...args: readonly string[]): Promise<Ended> {
  return new CliRun(args).input().ended;
}
