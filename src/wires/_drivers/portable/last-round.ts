import type { Clock } from "../../../contract/index.ts";

/** More than a pipe or a socket holds, unless somebody with privileges made it larger. */
const MOST_BYTES = 2 * 2 ** 20;
/** What is there comes at once; this is for a machine that is busy. */
const STILL_MS = 100;

/**
 * Tells when what was under way has been read, of an input whose writer may go on for ever: when
 * nothing came for a moment of reading, or more than can have been under way.
 */
export class LastRound {
  readonly #clock: Clock;
  readonly #done: () => void;
  #byteCount = 0;
  #timer: Disposable | null = null;
  #isOver = false;

  constructor(clock: Clock, done: () => void) {
    this.#clock = clock;
    this.#done = done;
  }

  received(byteCount: number): void {
    this.#byteCount += byteCount;
    if (this.#byteCount > MOST_BYTES) this.#finish();
    else if (this.#timer !== null) this.resumed();
  }

  resumed(): void {
    this.paused();
    if (!this.#isOver) this.#timer = this.#clock.after(STILL_MS, () => this.#finish());
  }

  paused(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }

  /** It ended, or was let go. */
  stop(): void {
    this.#isOver = true;
    this.paused();
  }

  #finish(): void {
    this.stop();
    this.#done();
  }
}
