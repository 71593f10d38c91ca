import assert from "node:assert/strict";
import type {
  Bytes,
  Chance,
  PullProducer,
  PushProducer,
  Turn,
} from "../../../src/contract/index.ts";

export interface ReplyOptions {
  readonly reply: Bytes;
  readonly chance: Chance;
  readonly turn: Turn;
  readonly write: (data: Bytes) => void;
  /** All is written: unregister me. */
  readonly finished: () => void;
}

/** Gives a reply in pieces, one a turn, as long as it is not paused. */
export class PushReply implements PushProducer {
  readonly #pieces: Pieces;
  readonly #turn: Turn;
  #isPaused = false;
  #isStopped = false;
  #isDue = false;

  constructor(options: ReplyOptions) {
    this.#pieces = new Pieces(options);
    this.#turn = options.turn;
    this.#produceLater();
  }

  pauseProducing(): void {
    assert.ok(!this.#isPaused && !this.#isStopped, "paused twice, or after the stop");
    this.#isPaused = true;
  }

  resumeProducing(): void {
    assert.ok(this.#isPaused && !this.#isStopped, "resumed without a pause, or after the stop");
    this.#isPaused = false;
    this.#produceLater();
  }

  stopProducing(): void {
    assert.ok(!this.#isStopped, "stopped twice");
    this.#isStopped = true;
  }

  #produceLater(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#turn.later(() => {
      this.#isDue = false;
      if (this.#isPaused || this.#isStopped) return;
      if (this.#pieces.next()) this.#produceLater();
    });
  }
}

/** Gives a reply in pieces, one each time it is asked. */
export class PullReply implements PullProducer {
  readonly #pieces: Pieces;
  #isOver = false;

  constructor(options: ReplyOptions) {
    this.#pieces = new Pieces(options);
  }

  resumeProducing(): void {
    assert.ok(!this.#isOver, "asked after its end");
    this.#isOver = !this.#pieces.next();
  }

  stopProducing(): void {
    assert.ok(!this.#isOver, "stopped after its end, or twice");
    this.#isOver = true;
  }
}

/** The pieces of a reply, of random sizes. */
class Pieces {
  readonly #options: ReplyOptions;
  #at = 0;

  constructor(options: ReplyOptions) {
    this.#options = options;
  }

  /** Writes one; answers whether there are more. */
  next(): boolean {
    const { chance, finished, reply, write } = this.#options;
    const end = Math.min(this.#at + 1 + chance.below(PIECE_BYTES_MAX), reply.length);
    const piece = reply.subarray(this.#at, end);
    this.#at = end;
    if (piece.length > 0) write(piece);
    if (end < reply.length) return true;
    finished();
    return false;
  }
}

const PIECE_BYTES_MAX = 4000;
