import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "./peers.ts";

/** A server that was started for one run; disposing ends it. */
export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #said = "";
  #complained = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, "close").catch(() => {});
    child.stdout?.on("data", (data) => {
      this.#said += data;
    });
    child.stderr?.on("data", (data) => {
      this.#complained = `${this.#complained}${data}`.slice(-COMPLAINT_MAX);
    });
  }

  /**
   * Starts it and waits until it accepts connections.
   *
   * @throws {Error} when it ends, or does not accept in time; with its last words.
   */
  static async start(command: Command, port: number, cpu: number | null): Promise<ServerProcess> {
    const { program, args, env = {} } = command;
    const pinned = cpu === null ? [] : ["taskset", "-c", String(cpu)];
    // A shell raises the limit of descriptors and becomes the server: the id is the server's.
    const words = ["-c", 'ulimit -n "$(ulimit -Hn)"; exec "$@"', "sh", ...pinned, program, ...args];
    const child = spawn("sh", words, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const server = new ServerProcess(child);
    const deadline = performance.now() + START_MS;
    while (!(await accepts(port))) {
      const isOver = child.exitCode !== null || child.signalCode !== null;
      if (isOver || performance.now() > deadline) {
        await server[Symbol.asyncDispose]();
        throw new Error(
          `Cannot start ${program}: it does not accept; ${server.#complained.trim()}`,
        );
      }
      await delay(POLL_MS);
    }
    return server;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Asks it to end; resolves to what it has written on its output. */
  async end(): Promise<string> {
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), END_MS);
    await this.#ended;
    clearTimeout(timer);
    return this.#said;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

async function accepts(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

const START_MS = 15_000;
const POLL_MS = 20;
const END_MS = 2000;
const COMPLAINT_MAX = 2000;
