import type { Transport } from "../contract/index.ts";
import { isAbortable } from "../contract/index.ts";
import type { Connection } from "./connection.ts";

/** Cuts `transport` where that can be done; elsewhere its own limits must end it. */
export function cut(transport: Transport): void {
  if (isAbortable(transport)) transport.abortConnection();
  else transport.loseConnection();
}

/** Cuts a connection, where its wire can be cut; elsewhere closes it. */
export function abortOrClose<T extends Transport>(peer: Connection<T>): void {
  try {
    peer.abort();
  } catch {
    void peer.close();
  }
}
