import { handled } from "./handled.ts";

/** One promise, settled once, by what it waits for or by a signal. */
export class Waiter<V> {
  readonly promise: Promise<V>;
  #resolve!: (value: V) => void;
  #reject!: (error: unknown) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #leave: (waiter: Waiter<V>) => void;

  /**
   * @param leave called when `signal` aborts first: nothing is to be given to this waiter any
   * more.
   */
  constructor(signal: AbortSignal | undefined, leave: (waiter: Waiter<V>) => void) {
    this.promise = handled(
      new Promise<V>((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
      }),
    );
    this.#signal = signal;
    this.#leave = leave;
    signal?.addEventListener("abort", this.#aborted, { once: true });
  }

  resolve(value: V): void {
    this.#signal?.removeEventListener("abort", this.#aborted);
    this.#resolve(value);
  }

  reject(error: unknown): void {
    this.#signal?.removeEventListener("abort", this.#aborted);
    this.#reject(error);
  }

  readonly #aborted = (): void => {
    this.#leave(this);
    this.#reject(this.#signal?.reason);
  };
}

/**
 * Waits for `promise`, or for `signal`: then rejects with its reason, and `promise` goes on
 * unwatched.
 */
export function withSignal<V>(promise: Promise<V>, signal: AbortSignal | undefined): Promise<V> {
  if (signal === undefined) return handled(promise);
  if (signal.aborted) return rejected(signal.reason);
  const waiter = new Waiter<V>(signal, () => undefined);
  promise.then(
    (value) => waiter.resolve(value),
    (error: unknown) => waiter.reject(error),
  );
  return waiter.promise;
}

/** A promise that is rejected with whatever a signal's reason may be. */
export function rejected(reason: unknown): Promise<never> {
  return handled(
    new Promise((_resolve, reject) => {
      reject(reason);
    }),
  );
}
