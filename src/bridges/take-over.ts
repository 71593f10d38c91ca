import type { Protocol } from "../contract/index.ts";
import { ClosedError } from "../contract/index.ts";

/** What can be given to another protocol: a transport, or a `Connection`. */
export interface Switchable {
  switchProtocol(next: Protocol): void;
}

/**
 * Gives `source` to `next`.
 *
 * @returns why not, where the connection is closing or over: that may be the network's doing, so it
 *   is no mistake of the caller's.
 * @throws {BusyError} ERR_WIRE_BUSY when an earlier switch has not taken effect yet.
 * @throws {TypeError} when `source` is neither a transport nor a Connection.
 */
export function takeOver(method: string, source: Switchable, next: Protocol): ClosedError | null {
  const isObject = typeof source === "object" && source !== null;
  if (!isObject || typeof source.switchProtocol !== "function") {
    throw new TypeError(`${method}() takes a transport or a Connection`);
  }
  try {
    source.switchProtocol(next);
    return null;
  } catch (error) {
    if (error instanceof ClosedError) return error;
    throw error;
  }
}
