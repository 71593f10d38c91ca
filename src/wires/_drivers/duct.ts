import type { Bytes } from "../../contract/index.ts";

/** What an intake reports; nothing from inside its verbs, and nothing after `ended` or `failed`. */
export interface IntakeFacts {
  /** Not empty, and the receiver's for ever. */
  received(chunk: Bytes): void;
  ended(): void;
  failed(error: Error): void;
}

/** Bytes that come in through one descriptor. Begins without reading. */
export interface Intake {
  read(): void;
  pause(): void;
  /** How many bytes are there to be read at once; absent where that cannot be told. */
  unread?(): number;
  /** Lets go of the descriptor: reports nothing more, calls `done` in a later turn. */
  close(done: () => void): void;
}

/** What an outlet reports; `sent` may come inside `send`, nothing else inside a verb. */
export interface OutletFacts {
  sent(byteCount: number): void;
  /** Ended as asked, or because nobody takes more. */
  ended(): void;
  failed(error: Error): void;
}

/** Bytes that go out through one descriptor. */
export interface Outlet {
  /** One at a time: the next when `sent` has covered this one. */
  send(chunks: readonly Bytes[]): void;
  /** Everything is sent: whoever reads is to see the end. */
  end(): void;
  /** Lets go of the descriptor: reports nothing more, calls `done` in a later turn. */
  close(done: () => void): void;
}

export type MakeIntake = (facts: IntakeFacts) => Intake;
export type MakeOutlet = (facts: OutletFacts) => Outlet;
