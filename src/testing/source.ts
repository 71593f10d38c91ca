import type { PushProducer } from "../contract/index.ts";

/** A producer that remembers what it was told; push or pull, as it is registered. */
export class Source implements PushProducer {
  readonly told: ("pause" | "resume" | "stop")[] = [];
  isPaused = false;
  readonly #onResume: () => void;
  readonly #onPause: () => void;

  constructor(onResume: () => void = () => {}, onPause: () => void = () => {}) {
    this.#onResume = onResume;
    this.#onPause = onPause;
  }

  get isStopped(): boolean {
    return this.told.includes("stop");
  }

  pauseProducing(): void {
    this.told.push("pause");
    this.isPaused = true;
    this.#onPause();
  }

  resumeProducing(): void {
    this.told.push("resume");
    this.isPaused = false;
    this.#onResume();
  }

  stopProducing(): void {
    this.told.push("stop");
  }
}
