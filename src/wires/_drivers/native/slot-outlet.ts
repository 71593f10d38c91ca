import type { Bytes } from "../../../contract/index.ts";
import type { Rider } from "../../../flow/index.ts";
import { systemRuntime } from "../../../flow/index.ts";
import { DescriptorRider } from "./descriptor-rider.ts";
import type { Reactor, Staged } from "./reactor.ts";
import type { SlotHolder } from "./slot-holder.ts";

export interface OutletFacts {
  sent(byteCount: number): void;
  failed(errno: number): void;
}

/** Sends chunks through a slot: its holder passes on `writable` and `ran`. */
export class SlotOutlet {
  #reactor: Reactor;
  #slot: number;
  #holder: SlotHolder;
  #facts: OutletFacts;
  #outgoing: readonly Bytes[] = NOTHING;
  /** The chunk that is next, and how much of it went. */
  #next = 0;
  #offset = 0;
  /** What travels with the first bytes, one with each, and which is next. */
  #riders: readonly Rider[] = NOBODY;
  #nextRider = 0;
  /** Bytes of the staged send, and where it is staged. */
  #stagedBytes = 0;
  #stagedAt = -1;
  /** There is room again, and what is staged has not been told yet. */
  #hasRoom = false;
  /** Waits until fewer descriptors are on their way. */
  #pause: Disposable | null = null;

  constructor(reactor: Reactor, slot: number, holder: SlotHolder, facts: OutletFacts) {
    this.#reactor = reactor;
    this.#slot = slot;
    this.#holder = holder;
    this.#facts = facts;
  }

  /** One for as long as something is to be sent: an idle connection has none. */
  static lend(reactor: Reactor, slot: number, holder: SlotHolder & OutletFacts): SlotOutlet {
    const outlet = spare.pop();
    if (outlet === undefined) return new SlotOutlet(reactor, slot, holder, holder);
    outlet.#reactor = reactor;
    outlet.#slot = slot;
    outlet.#holder = holder;
    outlet.#facts = holder;
    return outlet;
  }

  /** It sends nothing, and will not again for this holder. */
  giveBack(): void {
    this.#holder = NO_HOLDER;
    this.#facts = NO_HOLDER;
    if (spare.length < SPARE_MAX) spare.push(this);
  }

  get isDone(): boolean {
    return this.#outgoing === NOTHING;
  }

  get isStaged(): boolean {
    return this.#stagedAt >= 0;
  }

  send(chunks: readonly Bytes[], riders: readonly Rider[] = NOBODY): void {
    this.#riders = riders;
    this.#nextRider = 0;
    this.#outgoing = chunks;
    this.#next = 0;
    this.#offset = 0;
    this.#stage();
  }

  writable(): void {
    if (this.#stagedAt < 0) this.#stage();
    else this.#hasRoom = true;
  }

  /**
   * What did not fit in the tables goes next; what the system did not take, when it is writable.
   */
  ran(result: number): void {
    if (this.#stagedAt < 0) return;
    const goesOn = result === this.#stagedBytes || this.#hasRoom;
    this.#stagedAt = -1;
    this.#hasRoom = false;
    if (result === -TOO_MANY_ON_THEIR_WAY) {
      this.#pause = systemRuntime().clock.after(RETRY_AFTER_MS, () => this.#stage());
      return;
    }
    if (result < 0) {
      this.#facts.failed(-result);
      return;
    }
    // The first byte of all takes its rider with it.
    if (result > 0 && this.#nextRider < this.#riders.length) this.#nextRider += 1;
    this.#advance(result);
    if (goesOn && this.#outgoing !== NOTHING) this.#stage();
    if (result > 0) this.#facts.sent(result);
  }

  /** Sends nothing more. */
  stop(): void {
    this.#pause?.[Symbol.dispose]();
    if (this.#stagedAt >= 0) this.#reactor.cancel(this.#stagedAt, this.#holder);
    this.#stagedAt = -1;
    this.#hasRoom = false;
    this.#outgoing = NOTHING;
    this.#riders = NOBODY;
  }

  #stage(): void {
    if (this.#outgoing === NOTHING) return;
    const rider = this.#riders[this.#nextRider];
    if (rider instanceof DescriptorRider) {
      const byte = (this.#outgoing[this.#next] as Bytes)[this.#offset] as number;
      this.#reactor.sendRight(this.#slot, this.#holder, byte, rider.fd, staged);
    } else {
      this.#reactor.send(
        this.#slot,
        this.#holder,
        this.#outgoing,
        this.#next,
        this.#offset,
        staged,
      );
    }
    this.#stagedAt = staged.at;
    this.#stagedBytes = staged.bytes;
  }

  #advance(byteCount: number): void {
    let left = byteCount;
    while (this.#next < this.#outgoing.length) {
      const size = (this.#outgoing[this.#next] as Bytes).length - this.#offset;
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
const NOBODY: readonly Rider[] = [];
const NO_HOLDER: SlotHolder & OutletFacts = {
  sent: () => undefined,
  failed: () => undefined,
};
const staged: Staged = { at: -1, bytes: 0 };
/** Those that nobody has now. */
const spare: SlotOutlet[] = [];
const SPARE_MAX = 1024;
/**
 * ETOOMANYREFS: so many descriptors of this user have left and not arrived; nothing tells when
 * fewer.
 */
const TOO_MANY_ON_THEIR_WAY = 109;
const RETRY_AFTER_MS = 20;
