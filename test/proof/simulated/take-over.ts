import type { Bytes, Protocol, Transport } from "../../../src/contract/index.ts";
import { ClosedError } from "../../../src/contract/index.ts";

/** Gives the connection to `next`; answers whether it could: one that has ended is refused. */
export function takeOver(transport: Transport, next: Protocol, early: Bytes): boolean {
  try {
    transport.switchProtocol(next, early);
    return true;
  } catch (error) {
    if (error instanceof ClosedError) return false;
    throw error;
  }
}
