import type { CloseCause } from "../contract/index.ts";

/**
 * Why a connection ends: the first cause to become true stays, and `done` is not one until it is
 * complete, so that a reset, a bound or an exit status before that goes ahead of it.
 */
export class Verdict {
  #cause: CloseCause | null = null;
  #firstEnd: "us" | "peer" | null = null;
  #isComplete = false;

  blame(cause: CloseCause): void {
    this.#cause ??= cause;
  }

  /** A direction was ended, by whom: the first is who closed the connection, if it closes in order. */
  ended(by: "us" | "peer"): void {
    this.#firstEnd ??= by;
  }

  /** Both directions have ended in order: what the wire meets afterwards changes nothing. */
  complete(): void {
    this.#isComplete = true;
  }

  /** @param met what the wire says it met. */
  final(met: CloseCause | undefined): CloseCause {
    if (this.#cause?.kind === "aborted" && met?.signal !== undefined) {
      return { ...this.#cause, signal: met.signal };
    }
    if (this.#cause !== null) return this.#cause;
    if (met !== undefined && !this.#isComplete) return met;
    return { kind: "done", by: this.#firstEnd ?? "peer" };
  }
}
