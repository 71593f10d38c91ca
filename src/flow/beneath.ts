import type { Bytes, Limits, OnError, Protocol, Runtime, Transport } from "../contract/index.ts";
import { UnsupportedError } from "../contract/index.ts";
import { checkBytes, checkProtocol } from "./arguments.ts";
import { systemRuntime } from "./system-runtime.ts";
import { handOver, seeThrough } from "./transport.ts";

/** What a layer takes on from the transport beneath it, for a flow of its own. */
export interface Foundation {
  readonly runtime: Runtime;
  /** The depth of the layer: one more than what is beneath. */
  readonly depth: number;
}

/** What a layer stands on; the system's runtime where the transport is not made by flow. */
export function foundationOf(transport: Transport): Foundation {
  const flow = seeThrough(transport);
  if (flow === null) return { runtime: systemRuntime(), depth: 1 };
  return { runtime: flow.runtime, depth: flow.depth + 1 };
}

/**
 * Tells `told` once, when all that `transport` has accepted by now is sent, or is lost; inside this
 * call where that is known already.
 *
 * This is how a layer knows that its own bytes are sent: when those that carry them are. There is
 * no promise in between, except over a transport not made by flow, which is asked `flushed()`.
 */
export function whenSent(transport: Transport, told: (wasSent: boolean) => void): void {
  const flow = seeThrough(transport);
  if (flow !== null) flow.whenSent(told);
  else
    transport.flushed().then(
      () => told(true),
      () => told(false),
    );
}

/** Says that `upper` stands on `lower`, for who asks {@link beneath}. */
export function standsOn(upper: Transport, lower: Transport): void {
  LOWERS.set(upper, lower);
}

/** What `transport` stands on; `null` where it is a wire's own. Not to be written to. */
export function beneath(transport: Transport): Transport | null {
  return LOWERS.get(transport) ?? null;
}

const LOWERS = new WeakMap<Transport, Transport>();

/** A connection that a layer has taken over. */
export interface Taken {
  /** The connection as the layer holds it. */
  readonly transport: Transport;
  /** The protocol that was told of it until now. */
  readonly protocol: Protocol | null;
  readonly limits: Limits;
  readonly onError: OnError;
  /** Lets whoever holds the old reference close and pause what the layer has made of it. */
  readonly succeed: (above: Transport) => void;
}

/**
 * Somebody who holds a connection, and bytes of it that were not used yet: a `Connection`, a
 * `FramedProtocol`. Its `switchProtocol` passes those on.
 */
export interface Holder {
  readonly transport: Transport;
  switchProtocol(next: Protocol, unused?: Bytes): void;
}

/** The holder that `source` is, or that is told of it. */
export function holderOf(source: Transport | Holder): Holder | null {
  if (isHolder(source)) return source;
  const protocol = seeThrough(source)?.protocol;
  return protocol && isHolder(protocol) && protocol.transport === source ? protocol : null;
}

function isHolder(value: object): value is Holder {
  return (
    "switchProtocol" in value &&
    typeof value.switchProtocol === "function" &&
    "transport" in value &&
    typeof value.transport === "object"
  );
}

/**
 * Gives a live connection to a layer: `switchProtocol`, after which the old reference takes no more
 * bytes (its `write` throws ERR_WIRE_CLOSED), so that nothing slips past the layer. What a holder
 * has not used goes to the layer, too.
 *
 * @param early bytes that the protocol was given and did not use; they come before a holder's own.
 * @throws {ClosedError} ERR_WIRE_CLOSED on a closing or ended connection, or one that is taken.
 * @throws {BusyError} ERR_WIRE_BUSY when another protocol is taking over in this turn.
 * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED when the transport is not made by flow.
 */
export function takeOver(source: Transport | Holder, layer: Protocol, early?: Bytes): Taken {
  checkProtocol(layer);
  if (early !== undefined) checkBytes("takeOver", early);
  const holder = holderOf(source);
  const transport = isHolder(source) ? source.transport : source;
  const flow = seeThrough(transport);
  if (flow === null) {
    throw new UnsupportedError("take the connection over", "its transport is not made by flow");
  }
  const { protocol, limits, onError } = flow;
  const handed = handOver(transport, () => {
    if (holder === null) transport.switchProtocol(layer, early);
    else switchHolder(holder, layer, early);
  });
  const { face, succeed } = handed as NonNullable<typeof handed>;
  return { transport: face as Transport, protocol, limits, onError, succeed };
}

/** One that takes bytes back is given them first; another takes them with the switch. */
function switchHolder(holder: Holder, layer: Protocol, early: Bytes | undefined): void {
  if (early === undefined || !("unread" in holder)) {
    holder.switchProtocol(layer, early);
    return;
  }
  (holder as Holder & { unread(data: Bytes): void }).unread(early);
  holder.switchProtocol(layer);
}
