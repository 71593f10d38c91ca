import type { Address, Bytes, CloseCause } from "../../contract/index.ts";
import type { Facts, Wire } from "../../flow/index.ts";
import { systemRuntime } from "../../flow/index.ts";
import type { Intake, MakeIntake, MakeOutlet, Outlet } from "./duct.ts";
import { causeOfLoss } from "./errno.ts";
import { LastRound } from "./last-round.ts";

export interface DuctWireOptions {
  readonly host: Address;
  readonly peer: Address;
  /** Absent: nothing is read, and the peer's end comes with ours. */
  readonly intake?: MakeIntake;
  /** Absent: nothing is taken, and our direction has ended from the start. */
  readonly outlet?: MakeOutlet;
  /** Whether a reader that is gone is the peer's end, too, once what is under way was read. */
  readonly endsWithReader?: boolean;
}

/** Two descriptors, one for each direction, as one wire: verbs and facts, no decisions. */
export class DuctWire implements Wire {
  readonly host: Address;
  readonly peer: Address;
  readonly #facts: Facts;
  readonly #intake: Intake | null;
  readonly #outlet: Outlet | null;
  readonly #endsWithReader: boolean;
  #isEndAsked = false;
  #hasSendingEnded = false;
  #hasPeerEnded = false;
  #isReading = false;
  #lastRound: LastRound | null = null;
  #isSilent = false;
  #isLeaving = false;
  #isOver = false;

  constructor(facts: Facts, options: DuctWireOptions) {
    const { host, peer, intake, outlet, endsWithReader = false } = options;
    this.#endsWithReader = endsWithReader;
    this.host = host;
    this.peer = peer;
    this.#facts = facts;
    this.#intake =
      intake?.({
        received: (chunk) => {
          if (this.#isSilent || this.#hasPeerEnded) return;
          facts.received(chunk);
          this.#lastRound?.received(chunk.byteLength);
        },
        ended: this.#peerEnded,
        failed: this.#failed,
      }) ?? null;
    this.#outlet =
      outlet?.({
        sent: (byteCount) => {
          // What went out before it was let go is counted.
          if (!this.#isOver) facts.sent(byteCount);
        },
        ended: this.#sendingEnded,
        failed: this.#failed,
      }) ?? null;
  }

  /** Reports that the connection is there. Once, when flow has this wire. */
  open(): void {
    this.#facts.opened();
    if (this.#outlet === null) setImmediate(this.#sendingEnded);
  }

  send(chunks: readonly Bytes[]): void {
    if (!this.#hasSendingEnded) this.#outlet?.send(chunks);
  }

  endSending(): void {
    this.#isEndAsked = true;
    this.#outlet?.end();
  }

  pauseReading(): void {
    this.#isReading = false;
    this.#intake?.pause();
    this.#lastRound?.paused();
  }

  resumeReading(): void {
    this.#isReading = true;
    if (this.#hasPeerEnded) return;
    this.#intake?.read();
    this.#lastRound?.resumed();
  }

  close(): void {
    this.#leave();
  }

  abort(): void {
    this.#leave();
  }

  readonly #sendingEnded = (): void => {
    if (this.#isSilent || this.#hasSendingEnded) return;
    this.#hasSendingEnded = true;
    this.#facts.sendingEnded();
    if (this.#intake === null) this.#peerEnded();
    else if (this.#endsWithReader && !this.#isEndAsked && !this.#hasPeerEnded) this.#readLast();
  };

  /** In a later turn: what was read already and not told yet is told before. */
  #readLast(): void {
    const { clock, turn } = systemRuntime();
    turn.later(() => {
      if (this.#isSilent || this.#hasPeerEnded) return;
      const unreadBytes = this.#intake?.unread?.();
      if (unreadBytes === 0) {
        this.#peerEnded();
        return;
      }
      this.#lastRound = new LastRound(clock, this.#peerEnded, unreadBytes);
      if (this.#isReading) this.#lastRound.resumed();
    });
  }

  readonly #peerEnded = (): void => {
    if (this.#isSilent || this.#hasPeerEnded) return;
    this.#hasPeerEnded = true;
    this.#lastRound?.stop();
    this.#intake?.pause();
    this.#facts.peerEnded();
  };

  readonly #failed = (error: Error): void => {
    if (!this.#isSilent) this.#leave(causeOfLoss(error, this.peer));
  };

  #leave(cause?: CloseCause): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#isSilent = true;
    this.#lastRound?.stop();
    let openCount = 1;
    const closed = (): void => {
      openCount--;
      if (openCount > 0) return;
      this.#isOver = true;
      this.#facts.over(cause);
    };
    for (const duct of [this.#intake, this.#outlet]) {
      if (duct === null) continue;
      openCount++;
      duct.close(closed);
    }
    setImmediate(closed);
  }
}
