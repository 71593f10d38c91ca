import type { CloseCause, CloseReason, Ledger } from "../contract/index.ts";

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

  /**
   * A direction was ended, by whom: the first is who closed the connection, if it closes in order.
   */
  ended(by: "us" | "peer"): void {
    this.#firstEnd ??= by;
  }

  /** Both directions have ended in order: what the wire meets afterwards changes nothing. */
  complete(): void {
    this.#isComplete = true;
  }

  /** What the wire says it met: the cause, unless there is one or both directions have ended. */
  met(cause: CloseCause): void {
    if (!this.#isComplete) this.blame(cause);
  }

  /** @param met what the wire said that it met: it adds what only the wire can know. */
  final(met: CloseCause | undefined, ledger: Ledger): CloseReason {
    const cause = this.#cause;
    if (cause === null && met?.via === undefined) {
      return { kind: "done", by: this.#firstEnd ?? "peer", ledger };
    }
    const { signal, via } = met ?? {};
    return {
      ...(cause ?? { kind: "done", by: this.#firstEnd ?? "peer" }),
      ...(cause?.kind === "aborted" && signal !== undefined ? { signal } : {}),
      ...(via === undefined ? {} : { via }),
      ledger,
    };
  }
}
