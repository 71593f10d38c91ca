import type { Address, CloseCause, CloseCode } from "../contract/index.ts";
import { formatAddress, isWireError, WireError } from "../contract/index.ts";
import { reasonOf } from "./stream-error.ts";

/**
 * Why a live connection is over, when what is beneath it failed with `error`.
 *
 * An error that carries a whole close reason, as those of our own streams do, is believed.
 */
export function causeOfLoss(thrown: unknown, peer: Address): CloseCause {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
  const reason = reasonOf(error);
  if (reason !== null && reason.kind !== "done") {
    const { ledger: _, via: _below, ...cause } = reason;
    return { ...cause, error: reason.error ?? error, via: reason };
  }
  const isReset = RESETS.has(errnoOf(error));
  const code: CloseCode = isReset ? "ERR_WIRE_RESET" : "ERR_WIRE_BROKEN";
  const why = isReset ? "the peer reset the connection" : `the wire failed (${error.message})`;
  return {
    kind: "lost",
    by: isReset ? "peer" : "wire",
    code,
    error: isWireError(error)
      ? error
      : new WireError(code, `Cannot go on with ${formatAddress(peer)}: ${why}`, {
          cause: error,
          address: peer,
        }),
  };
}

/** The symbolic number, `ECONNREFUSED` and its like; empty when it is no error of the system. */
export function errnoOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" ? code : "";
}

/** EPIPE counts: on a socket it says that the peer is gone. */
const RESETS: ReadonlySet<string> = new Set([
  "ECONNRESET",
  "EPIPE",
  "ECONNABORTED",
  "ERR_WIRE_RESET",
]);
