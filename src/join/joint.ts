import type { Address, Clock, CloseReason, Observer, Protocol } from "../contract/index.ts";
import type { Shortened } from "../flow/index.ts";
import { observe, shorten } from "../flow/index.ts";
import { JointEnd } from "./joint-end.ts";
import type { JoinReport, Side } from "./report.ts";

/** An observer for the connection on each side. */
export interface Taps {
  readonly left?: Observer;
  readonly right?: Observer;
}

export interface JointOptions {
  readonly clock: Clock;
  /** After an end: how long the way back may carry nothing. */
  readonly halfOpenIdleMs: number;
  /** Watches the connection on that side. */
  readonly taps?: Taps;
  /** Whether bytes may go past the two protocols, where the wires can. Default true. */
  readonly shortcut?: boolean;
  /** Told once, when both connections are there. */
  readonly onJoined?: () => void;
  /** Told when one connection is over before the other one is there. */
  readonly onLostAlone?: (side: Side, reason: CloseReason) => void;
}

/**
 * Two protocols that are one pipe: give one to each connection, in any order.
 *
 * An end goes through as an end, while the way back goes on. A loss, or an end with bytes unsent
 * that its peer had not refused, goes through as an abort. Whatever reads faster than the other
 * writes is held.
 */
export class Joint {
  readonly #left: JointEnd;
  readonly #right: JointEnd;
  readonly #options: JointOptions;
  readonly #startedMs: number;
  readonly #becameEnd: Set<Side> = new Set();
  #endNotPassed: Side | undefined;
  #isCut = false;
  /** What goes past the two protocols. */
  #leftToRight: Shortened | null = null;
  #rightToLeft: Shortened | null = null;
  #endedFirst: Side | undefined;
  #settle: (report: JoinReport) => void = () => {};
  /** Settles, and never rejects, when both connections are over. */
  readonly report: Promise<JoinReport> = new Promise((resolve) => {
    this.#settle = resolve;
  });

  constructor(options: JointOptions) {
    this.#options = options;
    this.#startedMs = options.clock.now();
    const events = {
      made: (end: JointEnd) => this.#made(end),
      halfOver: (end: JointEnd) => this.#halfOver(end),
      lost: (end: JointEnd, reason: CloseReason) => this.#lost(end, reason),
    };
    this.#left = new JointEnd("left", events);
    this.#right = new JointEnd("right", events);
  }

  get left(): Protocol {
    return this.#left;
  }

  get right(): Protocol {
    return this.#right;
  }

  /** Cuts whichever connections are there, and those that come later. */
  abort(): void {
    this.#isCut = true;
    for (const end of [this.#left, this.#right]) this.#abort(end);
  }

  /** Bytes carried so far, each way. */
  get bytes(): JoinReport["bytes"] {
    return { leftToRight: this.#right.carriedBytes, rightToLeft: this.#left.carriedBytes };
  }

  /** The side whose peer took no more before it was told of an end. */
  get tookNoMore(): Side | "both" | undefined {
    const sides = [this.#left, this.#right].filter(({ takesNoMore }) => takesNoMore);
    return sides.length === 2 ? "both" : sides[0]?.side;
  }

  /** Of these, those that no JavaScript has seen; absent where the wires have no way for that. */
  get shortcutBytes(): JoinReport["bytes"] | undefined {
    if (this.#leftToRight === null && this.#rightToLeft === null) return undefined;
    return {
      leftToRight: this.#leftToRight?.carriedBytes ?? 0,
      rightToLeft: this.#rightToLeft?.carriedBytes ?? 0,
    };
  }

  /** The peer of the connection on that side, once it is there. */
  peerOf(side: Side): Address | undefined {
    return (side === "left" ? this.#left : this.#right).transport?.getPeer();
  }

  #made(end: JointEnd): void {
    const { transport } = end;
    if (transport === undefined) return;
    const other = this.#otherOf(end);
    transport.setLimits({ halfOpenIdleMs: this.#options.halfOpenIdleMs });
    const tap = this.#options.taps?.[end.side];
    if (tap !== undefined) observe(transport, tap);
    if (this.#isCut) this.#abort(end);
    else if (other.reason !== undefined) this.#passLoss(end, other.reason);
    else if (other.transport !== undefined) this.#begin(end, other);
  }

  #begin(end: JointEnd, other: JointEnd): void {
    other.feedFrom(end);
    end.feedFrom(other);
    if (this.#options.shortcut ?? true) this.#shorten();
    this.#options.onJoined?.();
    other.go();
    end.go();
  }

  #shorten(): void {
    const left = this.#left.transport;
    const right = this.#right.transport;
    if (left === undefined || right === undefined) return;
    this.#leftToRight = shorten(left, right);
    this.#rightToLeft = shorten(right, left);
  }

  #halfOver(end: JointEnd): void {
    this.#endedFirst ??= end.side;
    const other = this.#otherOf(end);
    if (end.takesNoMore) this.#unheardLater(other);
    if (end.hasEnded && !other.takesNoMore && !other.endSending()) {
      // A wire that cannot be told keeps the way back open: nothing is lost, and the half-open
      // limit of this end bounds it.
      this.#endNotPassed = other.side;
    }
    if (this.#canMove(end, other) || this.#canMove(other, end)) return;
    end.close();
    other.close();
  }

  /** Most programs are soon done, and end better by themselves than by a pipe that breaks. */
  #unheardLater(end: JointEnd): void {
    const timer = this.#options.clock.after(UNHEARD_GRACE_MS, () => end.unheard());
    void this.report.then(() => timer[Symbol.dispose]());
  }

  #lost(end: JointEnd, reason: CloseReason): void {
    this.#endedFirst ??= end.side;
    const other = this.#otherOf(end);
    if (other.reason !== undefined) this.#finish();
    else if (other.transport === undefined) this.#options.onLostAlone?.(end.side, reason);
    else this.#passLoss(other, reason);
  }

  #passLoss(end: JointEnd, reason: CloseReason): void {
    if (isComplete(reason, this.#otherOf(end))) end.close();
    else this.#abort(end);
  }

  #abort(end: JointEnd): void {
    if (end.transport === undefined || end.reason !== undefined) return;
    if (!end.abort()) this.#becameEnd.add(end.side);
  }

  /** Whether bytes can still go from one end to the other. */
  #canMove(from: JointEnd, to: JointEnd): boolean {
    return !from.hasEnded && !to.takesNoMore;
  }

  #otherOf(end: JointEnd): JointEnd {
    return end === this.#left ? this.#right : this.#left;
  }

  #finish(): void {
    const left = this.#left.reason;
    const right = this.#right.reason;
    if (left === undefined || right === undefined) return;
    const [first] = this.#becameEnd;
    const { shortcutBytes, tookNoMore } = this;
    this.#settle({
      left,
      right,
      bytes: this.bytes,
      ...(shortcutBytes === undefined ? {} : { shortcutBytes }),
      endedFirst: this.#endedFirst ?? "left",
      ...(first === undefined
        ? {}
        : { abortBecameEnd: this.#becameEnd.size === 2 ? "both" : first }),
      ...(tookNoMore === undefined ? {} : { tookNoMore }),
      ...(this.#endNotPassed === undefined ? {} : { endNotPassed: this.#endNotPassed }),
      durationMs: this.#options.clock.now() - this.#startedMs,
    });
  }
}

/** How long a program may go on talking when nobody takes what it says any more. */
export const UNHEARD_GRACE_MS = 1000;

/**
 * Whether all that `lost` read was passed on, and all that it took, so that its end may look like
 * one. What its peer would not take is the peer's own choice: it costs the other way nothing.
 */
function isComplete({ kind, code, ledger }: CloseReason, lost: JointEnd): boolean {
  // A process's status, or its descendant's, comes when all that there is of output has been read.
  if (code === "ERR_WIRE_PROCESS_EXIT" || code === "ERR_WIRE_DESCENDANT") return true;
  if (ledger.unsent > 0 && !lost.takesNoMore) return false;
  // Only a lingering connection had sent its end; every other limit tears it.
  if (kind === "timeout") return code === "ERR_WIRE_LINGER" && ledger.undelivered === 0;
  return kind === "done";
}
