import type { ListeningPort, MemoryAddress, Turn } from "../contract/index.ts";
import type { MemoryAttempt } from "./memory-attempt.ts";

export interface MemoryListenerOptions {
  readonly name: string;
  readonly maxConnections: number;
  readonly turn: Turn;
  /** Makes the connection; calls `ended` once, when the server's end is over. */
  readonly establish: (attempt: MemoryAttempt, ended: () => void) => void;
  /** The name is free again. */
  readonly stopped: () => void;
}

/** A name that is listened on, and those who wait to be accepted there. */
export class MemoryListener implements ListeningPort {
  readonly closed: Promise<null>;
  readonly #options: MemoryListenerOptions;
  readonly #host: MemoryAddress;
  #waiting: MemoryAttempt[] = [];
  #connections = 0;
  #isAccepting = true;
  #isAcceptingLater = false;
  #closed!: () => void;
  #stopped: Promise<void> | null = null;

  constructor(options: MemoryListenerOptions) {
    this.#options = options;
    this.#host = { kind: "memory", name: options.name };
    this.closed = new Promise((resolve) => {
      this.#closed = () => resolve(null);
    });
  }

  get connections(): number {
    return this.#connections;
  }

  getHost(): MemoryAddress {
    return this.#host;
  }

  pauseAccepting(): void {
    this.#isAccepting = false;
  }

  resumeAccepting(): void {
    this.#isAccepting = true;
    this.#acceptLater();
  }

  stopListening(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stopListening();
  }

  /** Takes a connection in, now or when there is room. To be called in a turn of its own. */
  offer(attempt: MemoryAttempt): void {
    this.#waiting.push(attempt);
    this.#accept();
  }

  async #stop(): Promise<void> {
    this.#options.stopped();
    for (const attempt of this.#waiting) attempt.refuse("the listener stopped");
    this.#waiting = [];
    this.#closed();
    await this.closed;
  }

  #accept(): void {
    while (this.#isAccepting && this.#connections < this.#options.maxConnections) {
      const attempt = this.#waiting.shift();
      if (attempt === undefined) return;
      if (attempt.isSettled) continue;
      this.#connections += 1;
      this.#options.establish(attempt, () => {
        this.#connections -= 1;
        this.#acceptLater();
      });
    }
  }

  #acceptLater(): void {
    if (this.#isAcceptingLater || this.#waiting.length === 0) return;
    this.#isAcceptingLater = true;
    this.#options.turn.later(() => {
      this.#isAcceptingLater = false;
      this.#accept();
    });
  }
}
