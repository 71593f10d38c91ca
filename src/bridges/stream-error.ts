import type { CloseReason } from "../contract/index.ts";
import { describeReason, WireError } from "../contract/index.ts";

/** What a stream over a connection fails with: a WireError, and the whole reason beside it. */
export interface StreamError extends WireError {
  readonly reason: CloseReason;
}

/**
 * The end of a connection as an error of a stream: under the reason's own code, ERR_WIRE_CLOSED
 * where it has none, with the reason's error as its `cause`.
 */
export function streamError(reason: CloseReason): StreamError {
  const message = `The connection ended: ${describeReason(reason)}`;
  const error = new WireError(reason.code ?? "ERR_WIRE_CLOSED", message, { cause: reason.error });
  return Object.assign(error, { reason });
}

/** The close reason that an error of a stream carries; null where it has none. */
export function reasonOf(error: Error): CloseReason | null {
  const reason: unknown = Reflect.get(error, "reason");
  const isReason = typeof reason === "object" && reason !== null && "ledger" in reason;
  return isReason && "kind" in reason && "by" in reason ? (reason as CloseReason) : null;
}
