import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";

export interface ProgramOptions {
  /** What it reads; without it, its input is at its end from the start. */
  readonly input?: Uint8Array | "open";
  /** A descriptor that it writes to; its output is then not gathered. */
  readonly stdout?: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** As whom it runs. Default: as we do. */
  readonly as?: { readonly uid: number; readonly gid: number };
  /** Gather only the size and the hash of its output, not the output. */
  readonly digestOnly?: boolean;
  /** After how long it is killed. */
  readonly timeoutMs?: number;
}

/** How a program ended, and what it wrote. */
export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: number;
  readonly stdoutSha256: string;
}

/** A program that a test started; disposing ends it, by its own process id. */
export class Program implements AsyncDisposable {
  readonly name: string;
  readonly outcome: Promise<Outcome>;
  readonly #child: ChildProcess;
  readonly #out: Buffer[] = [];
  readonly #err: Buffer[] = [];
  readonly #hash = createHash("sha256");
  readonly #watchers: Set<() => void> = new Set();
  #outBytes = 0;
  #isOver = false;

  constructor(command: string, args: readonly string[], options: ProgramOptions = {}) {
    this.name = [command, ...args].join(" ");
    const { input, cwd, env = {}, timeoutMs = TIMEOUT_MS } = options;
    this.#child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, NO_COLOR: "1", ...env },
      ...options.as,
      stdio: [input === undefined ? "ignore" : "pipe", options.stdout ?? "pipe", "pipe"],
    });
    this.#child.stdin?.on("error", () => {});
    if (input instanceof Uint8Array) this.#child.stdin?.end(input);
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      this.#outBytes += chunk.length;
      this.#hash.update(chunk);
      if (options.digestOnly !== true) this.#out.push(chunk);
      this.#look();
    });
    this.#child.stdout?.on("end", () => this.#look());
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#err.push(chunk);
      this.#look();
    });
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), timeoutMs);
    this.outcome = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (status, signal) => {
        clearTimeout(timer);
        this.#isOver = true;
        resolve(this.#outcomeOf(status, signal));
        this.#look();
      });
    });
    this.outcome.catch(() => {});
  }

  /** @throws {Error} where there is none: it could not be started. */
  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined)
      throw new Error(`Cannot tell the process id of ${this.name}: not started`);
    return pid;
  }

  get stdout(): string {
    return Buffer.concat(this.#out).toString();
  }

  /** Whether its output has come to its end. */
  get stdoutEnded(): boolean {
    return this.#child.stdout?.readableEnded === true;
  }

  get stderr(): string {
    return Buffer.concat(this.#err).toString();
  }

  /** Writes to its input. */
  write(data: Uint8Array | string): void {
    this.#child.stdin?.write(data);
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  /** Resolves when `found` gives something; rejects when the program ends before. */
  async until<T>(found: (program: Program) => T | undefined): Promise<T> {
    return await new Promise((resolve, reject) => {
      const look = (): void => {
        const result = found(this);
        if (result !== undefined) resolve(result);
        else if (this.#isOver) reject(new Error(`${this.name} ended too early:\n${this.stderr}`));
        else return;
        this.#watchers.delete(look);
      };
      this.#watchers.add(look);
      this.outcome.catch(reject);
      look();
    });
  }

  /** Asks it to end, and waits. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Outcome> {
    if (!this.#isOver) this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), PATIENCE_MS);
    try {
      return await this.outcome;
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL").catch(() => {});
  }

  #look(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  #outcomeOf(status: number | null, signal: NodeJS.Signals | null): Outcome {
    return {
      status,
      signal,
      stdout: this.stdout,
      stderr: this.stderr,
      stdoutBytes: this.#outBytes,
      stdoutSha256: this.#hash.digest("hex"),
    };
  }
}

/** Runs a program to its end. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Outcome> {
  await using program = new Program(command, args, options);
  return await program.outcome;
}

const TIMEOUT_MS = 300_000;
const PATIENCE_MS = 15_000;
