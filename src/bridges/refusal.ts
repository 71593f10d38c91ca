import type { Address, CloseReason } from "../contract/index.ts";
import { ClosedError, describeReason, WireError } from "../contract/index.ts";

/** What keeps a connection from being used though it is not over. */
export type ClosedState = "unmade" | "handedOver" | "closing" | "ended" | "refused";

/**
 * Refuses `attempt`; its `cause` says why: what ended the connection, or what keeps it from being
 * used.
 */
export function closedError(
  attempt: string,
  why: CloseReason | ClosedState,
  peer: Address | undefined,
): ClosedError {
  const address = peer === undefined ? {} : { address: peer };
  return new ClosedError(attempt, { cause: explain(why), ...address });
}

/** What a reader gets when the connection ended, for `reason`, before the peer's end. */
export function lossError(reason: CloseReason, peer: Address): WireError {
  if (reason.kind === "aborted") return closedError("read", reason, peer);
  const message = `Cannot read: ${describeReason(reason)}`;
  return new WireError(reason.code ?? "ERR_WIRE_BROKEN", message, {
    address: peer,
    ...(reason.error === undefined ? {} : { cause: reason.error }),
  });
}

function explain(why: CloseReason | ClosedState): Error {
  if (typeof why === "string") return new WireError("ERR_WIRE_CLOSED", STATES[why]);
  return why.error ?? new WireError(why.code ?? "ERR_WIRE_CLOSED", describeReason(why));
}

const STATES: { readonly [S in ClosedState]: string } = {
  unmade: "The connection was not made yet",
  handedOver: "The connection was handed over to another protocol",
  closing: "close() or abort() was called",
  ended: "end() was called",
  refused: "The peer takes no more",
};
