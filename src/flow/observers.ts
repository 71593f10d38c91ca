import type {
  Bytes,
  CloseReason,
  Direction,
  Observer,
  OnError,
  Opening,
} from "../contract/index.ts";

const NONE: readonly Observer[] = [];

/** The observers of one connection; none can disturb it or each other. */
export class Observers {
  readonly #onError: OnError;
  #all: readonly Observer[] = NONE;

  /** @param first an observer, or what makes one for this connection. */
  constructor(first: Observer | (() => Observer | undefined) | undefined, onError: OnError) {
    this.#onError = onError;
    try {
      const observer = typeof first === "function" ? first() : first;
      if (observer !== undefined) this.#all = [observer];
    } catch (error) {
      onError(error, { during: "observer" });
    }
  }

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  /** Whether one of them is to be shown what crosses, or told of each pause. */
  get seeEach(): boolean {
    for (const observer of this.#all) {
      const { bytes, paused, resumed } = observer;
      if (bytes !== undefined || paused !== undefined || resumed !== undefined) return true;
    }
    return false;
  }

  add(observer: Observer): Disposable {
    this.#all = [...this.#all, observer];
    return {
      [Symbol.dispose]: () => {
        this.#all = this.#all.filter((other) => other !== observer);
      },
    };
  }

  opened(opening: Opening): void {
    this.#each((observer) => observer.opened?.(opening));
  }

  bytes(direction: Direction, data: Bytes): void {
    if (this.isEmpty) return;
    this.#each((observer) => {
      observer.bytes?.(direction, data);
      observer.counted?.(direction, data.length);
    });
  }

  /** Bytes crossed that nobody is shown. */
  counted(direction: Direction, byteCount: number): void {
    if (this.isEmpty) return;
    this.#each((observer) => observer.counted?.(direction, byteCount));
  }

  paused(direction: Direction): void {
    this.#each((observer) => observer.paused?.(direction));
  }

  resumed(direction: Direction): void {
    this.#each((observer) => observer.resumed?.(direction));
  }

  ended(reason: CloseReason): void {
    this.#each((observer) => observer.ended?.(reason));
  }

  #each(tell: (observer: Observer) => void): void {
    for (const observer of this.#all) {
      try {
        tell(observer);
      } catch (error) {
        this.#onError(error, { during: "observer" });
      }
    }
  }
}
