import type { Clock } from "../../contract/index.ts";

/** More than a pipe or a socket holds, unless somebody with privileges made it larger. */
const MOST_BYTES = 2 * 2 ** 20;
/** What is there comes at once; this is for a machine that is busy. */
const STILL_MS = 100;

/**
 * Tells when what was under way has been read, of an input whose writer may go on for ever: when as
 * much came as there was. The native driver asks the system how much that is. Node cannot: there,
 * and for a file, it is when nothing came for a moment of reading, or more than can have been under
 * way. That is no rule about closing, which flow has: it stands for the number that is not known.
 */
export class LastRound {
  readonly #clock: Clock;
  readonly #done: () => void;
  readonly #unreadBytes: number | undefined;
  #byteCount = 0;
  #timer: Disposable | null = null;
  #isOver = false;

  /** @param unreadBytes how much there is, more than nothing, where that is known. */
  constructor(clock: Clock, done: () => void, unreadBytes?: number) {
    this.#clock = clock;
    this.#done = done;
    this.#unreadBytes = unreadBytes;
  }

  received(byteCount: number): void {
    this.#byteCount += byteCount;
    if (this.#byteCount >= (this.#unreadBytes ?? MOST_BYTES)) this.#finish();
    else if (this.#timer !== null) this.resumed();
  }

  resumed(): void {
    this.paused();
    if (this.#isOver || this.#unreadBytes !== undefined) return;
    this.#timer = this.#clock.after(STILL_MS, () => this.#finish());
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
