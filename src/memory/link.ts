import type { Address, Bytes, Capability, CloseCause, Turn } from "../contract/index.ts";
import { WireError } from "../contract/index.ts";
import type { Facts, Wire } from "../flow/wire.ts";
import type { Carrier, LaneSource, LaneTarget } from "./lane.ts";
import { Lane } from "./lane.ts";
import type { PumpPolicy } from "./pump.ts";
import { pumps } from "./pump.ts";

/** What every link in memory can do. */
export const LINK_CAPABILITIES: readonly Capability[] = [
  "abort",
  "abortVisible",
  "halfClose",
  "linger",
  "backPressure",
];

/**
 * How many bytes one direction of a link carries in one turn, so that everything else gets its
 * turn.
 */
export const TURN_BYTES_MAX: number = 1024 * 1024;

export interface LinkOptions {
  readonly turn: Turn;
  readonly leftAddress: Address;
  readonly rightAddress: Address;
  /** Default: a chunk for every written chunk. */
  readonly pump?: PumpPolicy;
  /** Makes what moves one direction, named by where it comes from. Default: each turn 1 MiB. */
  readonly carrier?: (from: "left" | "right") => Carrier;
  /** How many bytes each direction holds in between. Default 0. */
  readonly capacity?: number;
}

/** Makes the two wires of a connection from the options of a plain link. */
export type Join = (options: LinkOptions) => Joint;

/** Two joined wires, each to be made with whom it reports to. */
export interface Joint {
  readonly left: (facts: Facts) => Wire;
  readonly right: (facts: Facts) => Wire;
}

/** @throws {RangeError} when `capacity` is no number of bytes. */
export function checkCapacity(capacity: number): void {
  if (capacity >= 0) return;
  throw new RangeError(`Cannot join: capacity must be a number of at least 0, not ${capacity}`);
}

/** Joins by a plain link. */
export const joinPlainly: Join = (options) => {
  const link = new Link(options);
  return { left: (facts) => link.left.attach(facts), right: (facts) => link.right.attach(facts) };
};

/** Two wires joined in memory. */
export class Link {
  readonly left: LinkEnd;
  readonly right: LinkEnd;

  constructor(options: LinkOptions) {
    const { turn, leftAddress, rightAddress, pump = pumps.identity, capacity = 0 } = options;
    const each: Carrier = (move) => turn.later(() => move(TURN_BYTES_MAX));
    const carrier = options.carrier ?? (() => each);
    this.left = new LinkEnd(turn, leftAddress, rightAddress);
    this.right = new LinkEnd(turn, rightAddress, leftAddress);
    const lanes = {
      left: { source: this.left, target: this.right, carrier: carrier("left"), pump, capacity },
      right: { source: this.right, target: this.left, carrier: carrier("right"), pump, capacity },
    };
    const [toRight, toLeft] = [new Lane(lanes.left), new Lane(lanes.right)];
    this.left.join(this.right, toRight, toLeft);
    this.right.join(this.left, toLeft, toRight);
  }

  /** Cuts the connection as a network can: either end learns of a reset by the other. */
  reset(): void {
    this.left.lose(RESET);
    this.right.lose(RESET);
  }
}

/**
 * One end of a link: a wire. It holds no policy; when to close, pause or cut is flow's business.
 */
export class LinkEnd implements Wire, LaneSource, LaneTarget {
  readonly host: Address;
  readonly peer: Address;
  readonly #turn: Turn;
  #facts: Facts | null = null;
  #other: LinkEnd | null = null;
  #out: Lane | null = null;
  #in: Lane | null = null;
  #isReading = false;
  #isGone = false;
  /** The end was reported. */
  #isTold = false;

  constructor(turn: Turn, host: Address, peer: Address) {
    this.#turn = turn;
    this.host = host;
    this.peer = peer;
  }

  /** Joins this end to `other` by the lanes out and in. */
  join(other: LinkEnd, out: Lane, into: Lane): void {
    this.#other = other;
    this.#out = out;
    this.#in = into;
  }

  /** Takes whom to report to; answers itself, the wire. */
  attach(facts: Facts): this {
    this.#facts = facts;
    return this;
  }

  get isReading(): boolean {
    return this.#isReading;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  send(chunks: readonly Bytes[]): void {
    if (!this.#isGone) this.#out?.load(chunks);
  }

  endSending(): void {
    if (!this.#isGone) this.#out?.end();
  }

  pauseReading(): void {
    this.#isReading = false;
  }

  resumeReading(): void {
    this.#isReading = true;
    this.#in?.wake();
  }

  close(): void {
    if (this.#isGone) return;
    this.#leave();
    // As from a kernel: what is on its way still arrives; what comes towards us is refused.
    this.#out?.end();
    this.#in?.wake();
  }

  abort(): void {
    this.#discard();
    this.#leave();
    this.#other?.lose(RESET);
  }

  /** The peer takes no more from this end, unasked: it sees our end, and we that ours has ended. */
  sever(): void {
    if (!this.#isGone) this.#out?.sever();
  }

  /** The connection is over for this end, now, because of `lost`; what is on its way is lost. */
  lose(lost: Loss): void {
    if (this.#isGone) return;
    this.#discard();
    const error = new WireError(lost.code, lost.message, {
      address: this.peer,
      ...("cause" in lost ? { cause: lost.cause } : {}),
    });
    this.#leave({ kind: "lost", by: lost.by, code: lost.code, error });
  }

  /** Told up to the end, so that what the peer has counts as sent even if it let go over it. */
  sent(byteCount: number): void {
    if (!this.#isTold) this.#facts?.sent(byteCount);
  }

  sendingEnded(): void {
    if (!this.#isGone) this.#facts?.sendingEnded();
  }

  received(chunk: Bytes): void {
    if (!this.#isGone) this.#facts?.received(chunk);
  }

  peerEnded(): void {
    if (!this.#isGone) this.#facts?.peerEnded();
  }

  refused(): void {
    this.lose(RESET);
  }

  broken(cause: unknown): void {
    const message = "Cannot go on: the link's pump policy failed";
    const lost: Loss = { by: "wire", code: "ERR_WIRE_BROKEN", message, cause };
    this.lose(lost);
    this.#other?.lose(lost);
  }

  #discard(): void {
    this.#out?.discard();
    this.#in?.discard();
  }

  #leave(cause?: CloseCause): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#turn.later(() => {
      this.#isTold = true;
      this.#facts?.over(cause);
    });
  }
}

/** How an end loses its connection. */
interface Loss {
  readonly by: "peer" | "wire";
  readonly code: "ERR_WIRE_RESET" | "ERR_WIRE_BROKEN";
  readonly message: string;
  readonly cause?: unknown;
}

const RESET: Loss = {
  by: "peer",
  code: "ERR_WIRE_RESET",
  message: "Cannot go on: the peer reset the connection",
};
