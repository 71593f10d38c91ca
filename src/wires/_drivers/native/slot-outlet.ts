import type { Bytes } from "../../../contract/index.ts";
import type { Reactor, SlotHolder, Staged } from "./reactor.ts";

export interface OutletFacts {
  sent(byteCount: number): void;
  failed(errno: number): void;
}

/** Sends chunks through a slot that is no socket: its holder passes on `writable` and `ran`. */
export class SlotOutlet {
  readonly #reactor: Reactor;
  readonly #slot: number;
  readonly #holder: SlotHolder;
  readonly #facts: OutletFacts;
  #outgoing: readonly Bytes[] = NOTHING;
  /** The chunk that is next, and how much of it went. */
  #next = 0;
  #offset = 0;
  #stagedBytes = 0;
  #stagedAt = -1;

  constructor(reactor: Reactor, slot: number, holder: SlotHolder, facts: OutletFacts) {
    this.#reactor = reactor;
    this.#slot = slot;
    this.#holder = holder;
    this.#facts = facts;
  }

  send(chunks: readonly Bytes[]): void {
    this.#outgoing = chunks;
    this.#next = 0;
    this.#offset = 0;
    this.#stage();
  }

  writable(): void {
    this.#stage();
  }

  /**
   * What did not fit in the tables goes next; what the system did not take, when it is writable.
   */
  ran(result: number): void {
    if (this.#stagedAt < 0) return;
    const wasTaken = result === this.#stagedBytes;
    this.#stagedAt = -1;
    if (result < 0) {
      this.#facts.failed(-result);
      return;
    }
    this.#advance(result);
    if (wasTaken && this.#outgoing !== NOTHING) this.#stage();
    if (result > 0) this.#facts.sent(result);
  }

  /** Sends nothing more. */
  stop(): void {
    if (this.#stagedAt >= 0) this.#reactor.cancel(this.#stagedAt, this.#holder);
    this.#stagedAt = -1;
    this.#outgoing = NOTHING;
  }

  #stage(): void {
    if (this.#outgoing === NOTHING) return;
    this.#reactor.send(this.#slot, this.#holder, this.#outgoing, this.#next, this.#offset, staged);
    this.#stagedAt = staged.at;
    this.#stagedBytes = staged.bytes;
  }

  #advance(byteCount: number): void {
    let left = byteCount;
    while (this.#next < this.#outgoing.length) {
      const size = (this.#outgoing[this.#next] as Bytes).byteLength - this.#offset;
      if (left < size) {
        this.#offset += left;
        return;
      }
      left -= size;
      this.#next += 1;
      this.#offset = 0;
    }
    this.#outgoing = NOTHING;
  }
}

const NOTHING: readonly Bytes[] = [];
const staged: Staged = { at: -1, bytes: 0 };
