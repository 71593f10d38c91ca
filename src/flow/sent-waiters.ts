/** Told whether the bytes up to an offset were sent, or lost. */
export type SentCallback = (wasSent: boolean) => void;

/** Who waits for how many of the queued bytes to be sent; offsets never go down. */
export class SentWaiters {
  #waiting: { readonly offset: number; readonly told: SentCallback }[] = [];

  add(offset: number, told: SentCallback): void {
    this.#waiting.push({ offset, told });
  }

  sentUpTo(offset: number): void {
    while (this.#waiting[0] !== undefined && this.#waiting[0].offset <= offset) {
      this.#waiting.shift()?.told(true);
    }
  }

  lost(): void {
    this.lostBeyond(-1);
  }

  /** What lies beyond `offset` will not be sent; what lies before it may still be. */
  lostBeyond(offset: number): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((one) => one.offset <= offset);
    for (const one of waiting) if (one.offset > offset) one.told(false);
  }
}
