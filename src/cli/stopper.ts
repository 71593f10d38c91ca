/**
 * Signals, as two steps: the first asks to finish, the second to stop now. A third one is the
 * system's business again.
 */
export class Stopper implements Disposable {
  readonly #draining = new AbortController();
  readonly #now = new AbortController();
  #signal: NodeJS.Signals | undefined;

  constructor() {
    for (const name of SIGNALS) process.on(name, this.#onSignal);
  }

  /** Aborted at the first signal. */
  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  /** Aborted at the second one. */
  get now(): AbortSignal {
    return this.#now.signal;
  }

  /** Which signal came first, if any. */
  get signal(): NodeJS.Signals | undefined {
    return this.#signal;
  }

  /** SIGHUP means something else from now on. */
  releaseHangup(): void {
    process.off("SIGHUP", this.#onSignal);
  }

  [Symbol.dispose](): void {
    for (const name of SIGNALS) process.off(name, this.#onSignal);
  }

  readonly #onSignal = (name: NodeJS.Signals): void => {
    if (this.#signal === undefined) {
      this.#signal = name;
      this.#draining.abort();
    } else {
      this[Symbol.dispose]();
      this.#now.abort();
    }
  };
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Resolves when `signal` is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
