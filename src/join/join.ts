import type { Connection } from "../bridges/connection.ts";
import type {
  ClientEndpoint,
  EndpointOptions,
  Protocol,
  Runtime,
  Transport,
} from "../contract/index.ts";
import { systemRuntime } from "../flow/index.ts";
import { EndedEarlyError } from "./ended-early.ts";
import type { Taps } from "./joint.ts";
import { Joint } from "./joint.ts";
import type { JoinReport } from "./report.ts";

/** How long, after one side's end, the way back may carry nothing, unless told otherwise. */
export const HALF_OPEN_IDLE_MS = 60_000;

/** What can be joined: a transport, a `Connection`, or an endpoint that is connected to first. */
export type Joinable = Transport | Connection | ClientEndpoint;

export interface JoinOptions extends Omit<EndpointOptions, "observer"> {
  /** After one side's end: how long the way back may carry nothing. Default 60 s. */
  readonly halfOpenIdleMs?: number;
  /**
   * Whether the driver may carry bytes by itself, where it has both wires and nobody looks at them.
   * Nothing else changes by it. Default true.
   */
  readonly shortcut?: boolean;
  /** Watch the connection on each side, from the join on. */
  readonly taps?: Taps;
  /** Default: the system's clock. */
  readonly runtime?: Runtime;
}

/**
 * Makes two connections one pipe, and tells how it went when both are over.
 *
 * Whatever one side reads, the other one writes, byte for byte; a slow reader holds the writer on
 * the far side. An end of input goes through as an end of output while the way back goes on for as
 * long as it carries anything (`halfOpenIdleMs`). A loss or an abort goes through as an abort: what
 * is torn never looks whole.
 *
 * The join takes both over: their protocols are told nothing more, a Connection's unread bytes are
 * carried first. It holds no bytes of its own.
 *
 * - A wire that cannot half-close is not told of the other side's end; the way back stays open
 *   within the half-open limit, and the report says `endNotPassed`.
 * - A wire on which an abort does not show ends plainly, and the report says `abortBecameEnd`.
 * - A side that takes no more (a closed pipe): what still comes for it is dropped and counted; the
 *   way back goes on, and its end is an end.
 * - `signal` aborted: both are aborted, and the report says so.
 *
 * **Not promised:** that a peer has what its wire was handed.
 *
 * @throws {ClosedError} ERR_WIRE_CLOSED when one of them is closing or over; the other is aborted.
 * @throws {WireError} when an endpoint does not connect; the other side is aborted.
 * @throws {TypeError} when it is given the same one twice, or something else.
 * @see twisted.protocols.portforward: without its lost half-closes.
 */
export async function join(
  left: Joinable,
  right: Joinable,
  options: JoinOptions = {},
): Promise<JoinReport> {
  if (left === right) throw new TypeError("Cannot join: both sides are the same");
  const { signal } = options;
  signal?.throwIfAborted();
  const giveUp = new AbortController();
  const joint = new Joint({
    clock: (options.runtime ?? systemRuntime()).clock,
    halfOpenIdleMs: options.halfOpenIdleMs ?? HALF_OPEN_IDLE_MS,
    ...(options.shortcut === undefined ? {} : { shortcut: options.shortcut }),
    ...(options.taps === undefined ? {} : { taps: options.taps }),
    onLostAlone: (side, reason) => giveUp.abort(new EndedEarlyError(side, reason)),
  });
  const cut = (): void => {
    giveUp.abort(signal?.reason);
    joint.abort();
  };
  signal?.addEventListener("abort", cut, { once: true });
  try {
    const onto = { ...options, signal: giveUp.signal };
    await Promise.all([take(left, joint.left, onto), take(right, joint.right, onto)]);
    return await joint.report;
  } catch (error) {
    giveUp.abort(error);
    joint.abort();
    throw error;
  } finally {
    signal?.removeEventListener("abort", cut);
  }
}

/** Puts one of the joint's protocols on a connection, or on one that is made for it. */
async function take(side: Joinable, protocol: Protocol, options: JoinOptions): Promise<void> {
  if (typeof side !== "object" || side === null) throw notJoinable();
  if ("switchProtocol" in side) side.switchProtocol(protocol);
  else if (typeof side.connect === "function")
    await side.connect(protocol, endpointOptions(options));
  else throw notJoinable();
}

function notJoinable(): TypeError {
  return new TypeError("Cannot join: it takes a transport, a Connection or an endpoint");
}

function endpointOptions({ signal, onError, limits }: JoinOptions): EndpointOptions {
  return {
    ...(signal === undefined ? {} : { signal }),
    ...(onError === undefined ? {} : { onError }),
    ...(limits === undefined ? {} : { limits }),
  };
}
