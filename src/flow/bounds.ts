import type { Clock, CloseCause, ConnectionLimits, Limits } from "../contract/index.ts";
import type { BoundName } from "./causes.ts";
import { passedBound } from "./causes.ts";
import { Deadlines } from "./deadlines.ts";
import { enterLingering } from "./lingering.ts";

/** How long queued bytes may wait while closing, where `stallMs` is off. */
const STALL_CLOSING_MS = 60_000;

/**
 * How long a protocol that does not know of half-closing may stay half-open, unless told otherwise.
 */
const HALF_OPEN_IDLE_MS = 60_000;

/** Which time limits run at which moment of a connection, and what the passing of each means. */
export class Bounds {
  readonly #clock: Clock;
  readonly #deadlines: Deadlines<BoundName>;
  readonly #passed: (cause: CloseCause) => void;
  #limits: Limits;
  #isClosing = false;
  #halfOpenMs = Infinity;
  #isAware = false;
  #leaveLingering: (() => void) | null = null;

  constructor(clock: Clock, limits: Limits, passed: (cause: CloseCause) => void) {
    this.#clock = clock;
    this.#limits = limits;
    this.#passed = passed;
    this.#deadlines = new Deadlines(clock, (name) => passed(passedBound(name)));
  }

  handshake(): void {
    this.#deadlines.set("handshake", this.#limits.handshakeTimeoutMs);
  }

  opened(): void {
    // Its timer goes too: an idle connection that may be left alone must not keep the process.
    this.#deadlines.clear();
    this.#deadlines.set("idle", this.#limits.idleMs);
  }

  received(): void {
    this.#deadlines.move("idle", this.#limits.idleMs);
    this.#deadlines.move("lingerIdle", this.#limits.lingerIdleMs);
  }

  /** Bytes wait to be sent: a stall counts from here, unless it counts already. */
  queued(): void {
    if (this.#stallMs < Infinity && !this.#deadlines.has("stall")) {
      this.#deadlines.set("stall", this.#stallMs);
    }
  }

  sent(isMoreQueued: boolean): void {
    this.#deadlines.move("idle", this.#limits.idleMs);
    this.#deadlines.move("halfOpen", this.#halfOpenMs);
    this.#deadlines.move("stall", isMoreQueued ? this.#stallMs : Infinity);
  }

  /** A close was asked: from here on a stall counts even where it is off. */
  closing(isQueued: boolean): void {
    this.#isClosing = true;
    if (isQueued) this.queued();
  }

  /** The peer has ended; we have not. */
  halfOpen(isAware: boolean): void {
    this.#isAware = isAware;
    this.#halfOpenMs = this.#limits.halfOpenIdleMs ?? (isAware ? Infinity : HALF_OPEN_IDLE_MS);
    this.#deadlines.set("halfOpen", this.#halfOpenMs);
  }

  sendingEnded(): void {
    this.#deadlines.set("stall", Infinity);
    this.#deadlines.set("halfOpen", Infinity);
  }

  /** Our end was sent, the peer's is awaited. Called again: nothing changes. */
  linger(): void {
    if (this.#leaveLingering !== null) return;
    if (this.#limits.lingerTotalMs === 0) {
      // It takes no place among those that do linger.
      this.#passed(passedBound("lingerTotal"));
      return;
    }
    this.#deadlines.set("lingerIdle", this.#limits.lingerIdleMs);
    this.#deadlines.set("lingerTotal", this.#limits.lingerTotalMs);
    const cut = (): void => this.#passed(passedBound("lingerMax"));
    this.#leaveLingering = enterLingering(this.#clock, this.#limits.lingerMax, cut);
  }

  /** Other limits from now on; those that run already start anew. */
  changed(limits: Limits, given: Partial<ConnectionLimits>, isHalfOpen: boolean): void {
    this.#limits = limits;
    if (given.idleMs !== undefined) this.#deadlines.set("idle", limits.idleMs);
    if (given.stallMs !== undefined) this.#deadlines.move("stall", this.#stallMs);
    if (given.halfOpenIdleMs !== undefined && isHalfOpen) this.halfOpen(this.#isAware);
    this.#deadlines.move("lingerIdle", limits.lingerIdleMs);
  }

  clear(): void {
    this.#deadlines.clear();
    this.#leaveLingering?.();
  }

  get #stallMs(): number {
    const { stallMs } = this.#limits;
    return stallMs === Infinity && this.#isClosing ? STALL_CLOSING_MS : stallMs;
  }
}
