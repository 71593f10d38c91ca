import type { Clock, CloseCause, ConnectionLimits, Limits } from "../contract/index.ts";
import type { BoundName } from "./causes.ts";
import { passedBound } from "./causes.ts";
import type { DeadlineSeat } from "./deadlines.ts";
import { Deadlines } from "./deadlines.ts";
import { enterLingering } from "./lingering.ts";

/** How long queued bytes may wait where `stallMs` is off and nobody is left to act on it. */
const STALL_FINISHING_MS = 60_000;

/**
 * How long a protocol that does not know of half-closing may stay half-open, unless told otherwise.
 */
const HALF_OPEN_IDLE_MS = 60_000;

/** All but the one that is a count. */
type TimeName = Exclude<BoundName, "lingerMax">;

/** Whose limits they are; told when one has passed. */
export interface BoundSeat {
  readonly clock: Clock;
  readonly limits: Limits;
  /** Nobody is left to act on a stall. */
  readonly isFinishing: boolean;
  boundPassed(cause: CloseCause): void;
  /** How many bytes the system still holds for the peer; `undefined` where nobody knows. */
  unacknowledged(): number | undefined;
}

/** Which time limits run at which moment of a connection, and what the passing of each means. */
export class Bounds implements DeadlineSeat<TimeName> {
  readonly #seat: BoundSeat;
  /** Made when the first limit runs: a connection without any stays small. */
  #deadlines: Deadlines<TimeName> | null = null;
  /** What is known from the first end on; a connection that has not ended stays small. */
  #end: End | null = null;

  constructor(seat: BoundSeat) {
    this.#seat = seat;
  }

  handshake(): void {
    this.#set("handshake", this.#limits().handshakeTimeoutMs);
  }

  opened(): void {
    // Its timer goes too: an idle connection that may be left alone must not keep the process.
    this.#deadlines?.clear();
    this.#set("idle", this.#limits().idleMs);
  }

  received(): void {
    if (this.#deadlines === null) return;
    this.#deadlines.move("idle", this.#limits().idleMs);
    this.#deadlines.move("lingerIdle", this.#limits().lingerIdleMs);
  }

  /** Bytes wait to be sent: a stall counts from here, unless it counts already. */
  queued(): void {
    if (this.#stallMs() < Infinity && this.#deadlines?.has("stall") !== true) {
      this.#set("stall", this.#stallMs());
    }
  }

  sent(isMoreQueued: boolean): void {
    if (this.#deadlines === null) return;
    this.#deadlines.move("idle", this.#limits().idleMs);
    this.#deadlines.move("halfOpen", this.#end?.halfOpenMs ?? Infinity);
    this.#deadlines.move("stall", isMoreQueued ? this.#stallMs() : Infinity);
  }

  /** Nobody is left to act on a stall: from here on it counts even where it is off. */
  finishing(isQueued: boolean): void {
    if (isQueued) this.queued();
  }

  /** The peer has ended; we have not. */
  halfOpen(isAware: boolean): void {
    const halfOpenMs = this.#limits().halfOpenIdleMs ?? (isAware ? Infinity : HALF_OPEN_IDLE_MS);
    this.#end ??= new End();
    this.#end.isAware = isAware;
    this.#end.halfOpenMs = halfOpenMs;
    this.#set("halfOpen", halfOpenMs);
  }

  sendingEnded(): void {
    this.#set("stall", Infinity);
    this.#set("halfOpen", Infinity);
  }

  /** Our end was sent, the peer's is awaited. Called again: nothing changes. */
  linger(): void {
    this.#end ??= new End();
    if (this.#end.leaveLingering !== null) return;
    if (this.#limits().lingerTotalMs === 0) {
      // It takes no place among those that do linger.
      this.#seat.boundPassed(passedBound("lingerTotal", 0));
      return;
    }
    this.#end.unacknowledged = this.#seat.unacknowledged();
    this.#set("lingerIdle", this.#limits().lingerIdleMs);
    this.#set("lingerTotal", this.#limits().lingerTotalMs);
    const { lingerMax } = this.#limits();
    const cut = (): void => this.#seat.boundPassed(passedBound("lingerMax", lingerMax));
    this.#end.leaveLingering = enterLingering(this.#seat.clock, lingerMax, cut);
  }

  /** Other limits from now on; those that run already start anew. */
  changed(given: Partial<ConnectionLimits>, isHalfOpen: boolean): void {
    const limits = this.#limits();
    if (given.idleMs !== undefined) this.#set("idle", limits.idleMs);
    if (given.stallMs !== undefined) this.#deadlines?.move("stall", this.#stallMs());
    if (given.halfOpenIdleMs !== undefined && isHalfOpen)
      this.halfOpen(this.#end?.isAware === true);
    this.#deadlines?.move("lingerIdle", limits.lingerIdleMs);
  }

  clear(): void {
    this.#deadlines?.clear();
    this.#end?.leaveLingering?.();
  }

  deadlinePassed(name: TimeName): void {
    if (name === "lingerIdle" && this.#tookMore()) this.#set(name, this.#limits().lingerIdleMs);
    else this.#seat.boundPassed(passedBound(name, this.#limitOf(name)));
  }

  #limitOf(name: TimeName): number {
    const limits = this.#limits();
    switch (name) {
      case "handshake":
        return limits.handshakeTimeoutMs;
      case "idle":
        return limits.idleMs;
      case "stall":
        return this.#stallMs();
      case "halfOpen":
        return this.#end?.halfOpenMs ?? HALF_OPEN_IDLE_MS;
      case "lingerIdle":
        return limits.lingerIdleMs;
      case "lingerTotal":
        return limits.lingerTotalMs;
    }
  }

  /** Whether the peer has taken some of what the system holds for it since this was asked last. */
  #tookMore(): boolean {
    if (this.#end === null) return false;
    const before = this.#end.unacknowledged;
    const now = this.#seat.unacknowledged();
    this.#end.unacknowledged = now;
    return before !== undefined && now !== undefined && now < before;
  }

  #set(name: TimeName, delayMs: number): void {
    if (this.#deadlines === null && delayMs === Infinity) return;
    this.#deadlines ??= new Deadlines<TimeName>(this.#seat.clock, this);
    this.#deadlines.set(name, delayMs);
  }

  #stallMs(): number {
    const { stallMs } = this.#limits();
    return stallMs === Infinity && this.#seat.isFinishing ? STALL_FINISHING_MS : stallMs;
  }

  #limits(): Limits {
    return this.#seat.limits;
  }
}

class End {
  halfOpenMs = Infinity;
  isAware = false;
  unacknowledged: number | undefined;
  leaveLingering: (() => void) | null = null;
}
