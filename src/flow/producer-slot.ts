import type { PullProducer, PushProducer } from "../contract/index.ts";

/** The one registered producer, and whether it is its turn. */
export class ProducerSlot {
  #producer: PullProducer | PushProducer | null = null;
  #streaming = false;
  #isPaused = false;
  #isOwedPull = false;

  get isRegistered(): boolean {
    return this.#producer !== null;
  }

  register(producer: PullProducer | PushProducer, streaming: boolean): void {
    this.#producer = producer;
    this.#streaming = streaming;
    this.#isPaused = false;
    this.#isOwedPull = false;
  }

  /** Forgets the producer, its pause included, and answers it. */
  take(): PullProducer | PushProducer | null {
    const producer = this.#producer;
    this.#producer = null;
    return producer;
  }

  /** Something was written: a pull producer is owed a pull once it has been sent. */
  wrote(): void {
    this.#isOwedPull = true;
  }

  /** The producer to pause now, marked as paused; none when it is a pull producer or paused. */
  takePauseDue(queued: number, high: number): PushProducer | null {
    if (queued <= high || !this.#streaming || this.#isPaused || this.#producer === null)
      return null;
    this.#isPaused = true;
    return this.#producer as PushProducer;
  }

  /** The producer to resume now, marked as resumed; none when it is not its turn. */
  takeResumeDue(queued: number, low: number): PullProducer | null {
    if (this.#producer === null) return null;
    if (this.#streaming) {
      if (!this.#isPaused || queued > low) return null;
      this.#isPaused = false;
    } else {
      if (!this.#isOwedPull || queued > 0) return null;
      this.#isOwedPull = false;
    }
    return this.#producer;
  }
}
