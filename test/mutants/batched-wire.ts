import type { Address, Bytes, Turn } from "../../src/contract/index.ts";
import type { Wire } from "../../src/flow/index.ts";
import type { Join } from "../../src/memory/index.ts";

/**
 * Joins as `plainly` does, with ends that report for some turns after `pauseReading` what was on
 * its way. A link in memory stops at once, and so hides what flow must hold.
 */
export function inBatches(plainly: Join): Join {
  return (options) => {
    const { left, right } = plainly(options);
    return {
      left: (facts) => new BatchedWire(left(facts), options.turn),
      right: (facts) => new BatchedWire(right(facts), options.turn),
    };
  };
}

class BatchedWire implements Wire {
  readonly host: Address;
  readonly peer: Address;
  readonly #wire: Wire;
  readonly #turn: Turn;
  #isReading = false;

  constructor(wire: Wire, turn: Turn) {
    this.host = wire.host;
    this.peer = wire.peer;
    this.#wire = wire;
    this.#turn = turn;
  }

  send(chunks: readonly Bytes[]): void {
    this.#wire.send(chunks);
  }

  endSending(): void {
    this.#wire.endSending();
  }

  pauseReading(): void {
    this.#isReading = false;
    this.#pauseAfter(TURNS_AHEAD);
  }

  resumeReading(): void {
    this.#isReading = true;
    this.#wire.resumeReading();
  }

  close(): void {
    this.#wire.close();
  }

  abort(): void {
    this.#wire.abort();
  }

  #pauseAfter(turns: number): void {
    if (this.#isReading) return;
    if (turns > 0) this.#turn.later(() => this.#pauseAfter(turns - 1));
    else this.#wire.pauseReading();
  }
}

const TURNS_AHEAD = 12;
