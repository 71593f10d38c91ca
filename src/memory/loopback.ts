import type {
  Abortable,
  Address,
  CloseReason,
  HalfCloseable,
  Limits,
  Observer,
  OnError,
  Protocol,
  Runtime,
  Transport,
} from "../contract/index.ts";
import { resolveLimits } from "../contract/index.ts";
import type { Facts, FlowOptions, Wire } from "../flow/index.ts";
import { checkProtocol, Flow, systemRuntime } from "../flow/index.ts";
import type { Join } from "./link.ts";
import { checkCapacity, joinPlainly, LINK_CAPABILITIES } from "./link.ts";
import type { PumpPolicy } from "./pump.ts";

/** A transport made of memory: everything a TCP connection can do, without one. */
export type MemoryTransport = Transport & Abortable & HalfCloseable;

export interface LoopbackOptions {
  /** How waiting bytes are cut into chunks. Default: a chunk for every written chunk. */
  readonly pump?: PumpPolicy;
  /** Default: the system's clock and turns. */
  readonly runtime?: Runtime;
  readonly limits?: Partial<Limits>;
  /** Default: one line on the console's error stream. */
  readonly onError?: OnError;
  readonly observers?: {
    readonly left?: Observer | (() => Observer);
    readonly right?: Observer | (() => Observer);
  };
  /**
   * How many bytes each direction holds for a peer that does not read, as the buffers of a kernel
   * do; they count as sent. Default 0: bytes are sent when the peer has them.
   */
  readonly capacity?: number;
  /** What joins the two sides, for weather. Default: a plain link. */
  readonly join?: Join;
}

export interface Loopback {
  readonly left: MemoryTransport;
  readonly right: MemoryTransport;
  /** Why each side ended, once both `connectionLost` have run; never rejects. */
  readonly closed: Promise<{ readonly left: CloseReason; readonly right: CloseReason }>;
}

/**
 * Joins two protocols in memory.
 *
 * Both get `connectionMade` before this returns, `right` (the server) first. Bytes move in later
 * turns only, at most 1 MiB each way in a turn, and are copied on the way: nothing is ever
 * delivered
 * inside a `write`, and the chunk that one side wrote is not the chunk that the other gets. A side
 * that does not read holds the other one back, with at most one send (1 MiB) in between.
 *
 * Closing, half-closing and aborting are as over TCP; an abort is seen by the peer as a reset.
 *
 * @throws {TypeError} when a protocol lacks a method; {RangeError} when a limit or capacity is
 *   wrong.
 * @see twisted.protocols.loopback.loopbackAsync: a registered producer holds the close here, too.
 *
 * @example two protocols, joined
 * ```ts
 * const { left, closed } = loopback(client, server);
 * left.write(new TextEncoder().encode("hello"));
 * left.loseConnection();
 * const reasons = await closed;
 * ```
 */
export function loopback(left: Protocol, right: Protocol, options: LoopbackOptions = {}): Loopback {
  checkProtocol(left);
  checkProtocol(right);
  const { runtime = systemRuntime(), capacity = 0, pump, onError, observers = {} } = options;
  checkCapacity(capacity);
  const joint = (options.join ?? joinPlainly)({
    turn: runtime.turn,
    leftAddress: LEFT,
    rightAddress: RIGHT,
    capacity,
    ...(pump === undefined ? {} : { pump }),
  });
  const base = {
    capabilities: new Set(LINK_CAPABILITIES),
    limits: resolveLimits(options.limits),
    runtime,
    ...(onError === undefined ? {} : { onError }),
  };
  const rightEnd = makeEnd(joint.right, right, base, observers.right);
  const leftEnd = makeEnd(joint.left, left, base, observers.left);
  rightEnd.flow.opened();
  leftEnd.flow.opened();
  const closed = Promise.all([leftEnd.ended, rightEnd.ended]).then(([leftReason, rightReason]) => ({
    left: leftReason,
    right: rightReason,
  }));
  return { left: leftEnd.flow.transport, right: rightEnd.flow.transport, closed };
}

function makeEnd(
  makeWire: (facts: Facts) => Wire,
  protocol: Protocol,
  base: Omit<FlowOptions, "accept">,
  observer: Observer | (() => Observer) | undefined,
): { readonly flow: Flow; readonly ended: Promise<CloseReason> } {
  const { promise: ended, resolve } = promiseOf<CloseReason>();
  const flow = new Flow(makeWire, {
    ...base,
    ...(observer === undefined ? {} : { observer }),
    accept: () => protocol,
    ended: resolve,
  });
  return { flow, ended };
}

/** A promise, and what resolves it. */
function promiseOf<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((resolved) => {
    resolve = resolved;
  });
  return { promise, resolve };
}

const LEFT: Address = { kind: "loopback", side: "left" };
const RIGHT: Address = { kind: "loopback", side: "right" };
