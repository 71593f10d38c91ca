import type {
  Bytes,
  CloseReason,
  Direction,
  Observer,
  OnError,
  Opening,
} from "../contract/index.ts";

/** The observers of one connection; none can disturb it or each other. It never changes. */
export class Observers {
  /** Of a connection that nobody observes: one for all, so that such a connection stays small. */
  static readonly none: Observers = new Observers([], () => undefined);

  readonly #all: readonly Observer[];
  readonly #onError: OnError;

  private constructor(all: readonly Observer[], onError: OnError) {
    this.#all = all;
    this.#onError = onError;
  }

  /** @param first an observer, or what makes one for this connection. */
  static of(
    first: Observer | (() => Observer | undefined) | undefined,
    onError: OnError,
  ): Observers {
    try {
      const observer = typeof first === "function" ? first() : first;
      return observer === undefined ? Observers.none : new Observers([observer], onError);
    } catch (error) {
      onError(error, { during: "observer" });
      return Observers.none;
    }
  }

  with(observer: Observer, onError: OnError): Observers {
    return new Observers([...this.#all, observer], onError);
  }

  without(observer: Observer): Observers {
    const rest = this.#all.filter((other) => other !== observer);
    return rest.length === 0 ? Observers.none : new Observers(rest, this.#onError);
  }

  /** Whether one of them is to be shown what crosses, or told of each pause. */
  get seeEach(): boolean {
    for (const observer of this.#all) {
      const { bytes, paused, resumed } = observer;
      if (bytes !== undefined || paused !== undefined || resumed !== undefined) return true;
    }
    return false;
  }

  opened(opened: { readonly opening: Opening }): void {
    if (this.#all.length === 0) return;
    const { opening } = opened;
    this.#each((observer) => observer.opened?.(opening));
  }

  bytes(direction: Direction, data: Bytes): void {
    if (this.#all.length === 0) return;
    this.#each((observer) => {
      observer.bytes?.(direction, data);
      observer.counted?.(direction, data.length);
    });
  }

  /** Bytes crossed that nobody is shown. */
  counted(direction: Direction, byteCount: number): void {
    if (this.#all.length === 0) return;
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
