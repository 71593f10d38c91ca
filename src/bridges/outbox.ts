import type { PushProducer } from "../contract/index.ts";
import { Waiter } from "./waiter.ts";

/** Whether there is room to send, and who waits for it: the transport's push producer. */
export class Outbox implements PushProducer {
  readonly #waiters = new Set<Waiter<void>>();
  #isFull = false;
  /** With the transport. */
  isRegistered = false;

  get isAwaited(): boolean {
    return this.#waiters.size > 0;
  }

  pauseProducing(): void {
    this.#isFull = true;
  }

  resumeProducing(): void {
    this.#isFull = false;
    for (const waiter of this.#takeAll()) waiter.resolve();
  }

  /** Whoever waits is told when it is known why. */
  stopProducing(): void {
    this.isRegistered = false;
  }

  /** Resolves when there is room. */
  room(signal: AbortSignal | undefined): Promise<void> {
    if (!this.#isFull) return Promise.resolve();
    const waiter = new Waiter<void>(signal, (left) => this.#waiters.delete(left));
    this.#waiters.add(waiter);
    return waiter.promise;
  }

  /** Room comes no more: rejects all who wait. */
  fail(makeError: () => Error): void {
    for (const waiter of this.#takeAll()) waiter.reject(makeError());
  }

  #takeAll(): readonly Waiter<void>[] {
    const all = [...this.#waiters];
    this.#waiters.clear();
    return all;
  }
}
