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
}

/**
 * Gives a live connection to a layer: `switchProtocol`, after which the reference `transport` takes
 * no more bytes (its `write` throws ERR_WIRE_CLOSED), so that nothing slips past the layer.
 *
 * @param early bytes that the protocol was given and did not use.
 * @throws {ClosedError} ERR_WIRE_CLOSED on a closing or ended connection, or one that is taken.
 * @throws {BusyError} ERR_WIRE_BUSY when another protocol is taking over in this turn.
 * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED when the transport is not made by flow.
 */
export function takeOver(transport: Transport, layer: Protocol, early?: Bytes): Taken {
  checkProtocol(layer);
  if (early !== undefined) checkBytes("takeOver", early);
  const flow = seeThrough(transport);
  if (flow === null) {
    throw new UnsupportedError("take the connection over", "its transport is not made by flow");
  }
  const { protocol, limits, onError } = flow;
  const face = handOver(transport, layer, early);
  return { transport: face as Transport, protocol, limits, onError };
}
