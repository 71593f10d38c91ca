import type { PushProducer, Transport } from "../../../src/contract/index.ts";

/** Writes fresh bytes in every turn in which it may. */
export class Source implements PushProducer {
  readonly #transport: Transport;
  readonly #obeys: boolean;
  #isPaused = false;
  #isStopped = false;

  constructor(transport: Transport, obeys: boolean) {
    this.#transport = transport;
    this.#obeys = obeys;
    this.#produce();
  }

  pauseProducing(): void {
    this.#isPaused = this.#obeys;
  }

  resumeProducing(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#produce();
  }

  stopProducing(): void {
    this.#isStopped = true;
  }

  readonly #produce = (): void => {
    if (this.#isPaused || this.#isStopped) return;
    this.#transport.write(Buffer.alloc(CHUNK_BYTES, 1));
    if (this.#obeys) setImmediate(this.#produce);
    else setTimeout(this.#produce, 1);
  };
}

export const CHUNK_BYTES: number = 64 * 1024;
