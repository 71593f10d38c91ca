import type { Server as HttpServer } from "node:http";
import type { Duplex } from "node:stream";
import { Connection } from "../../src/bridges/index.ts";
import { toNetSocket } from "../../src/bridges/node-streams.ts";
import type { ListeningPort } from "../../src/contract/index.ts";
import type { Scratch } from "../interop/scratch.ts";
import { endpointAt, freshAddress, socketAddressOf } from "../interop/socket-address.ts";
import type { Server } from "./server.ts";

/** What takes sockets from others: servers of Node's. */
export type TakesSockets = Pick<HttpServer, "closeAllConnections"> & {
  emit(event: "connection", socket: Duplex): boolean;
};

/** One of Node's servers that listens nowhere: it is given every connection of two of ours. */
export interface GivenServer<T> extends Server {
  readonly given: T;
  /** The connections of its clients, in order. */
  readonly accepted: readonly Connection[];
}

export async function giveSockets<T extends TakesSockets>(
  given: T,
  scratch: Scratch,
): Promise<GivenServer<T>> {
  const accepted: Connection[] = [];
  const take = (): Connection => {
    const peer = new Connection();
    const made = peer.connectionMade.bind(peer);
    peer.connectionMade = (transport) => {
      made(transport);
      accepted.push(peer);
      given.emit("connection", toNetSocket(peer, { allowHalfOpen: true }));
    };
    return peer;
  };
  const ports: ListeningPort[] = [];
  for (const wire of ["tcp", "unix"] as const) {
    ports.push(await endpointAt(freshAddress(wire, scratch)).listen(take));
  }
  const [tcp, unix] = ports.map((port) => socketAddressOf(port.getHost()));
  if (tcp === undefined || unix === undefined) throw new Error("two ports were bound");
  return {
    given,
    accepted,
    tcp,
    unix,
    [Symbol.asyncDispose]: async () => {
      given.closeAllConnections();
      for (const port of ports) await port.stopListening();
      for (const peer of accepted) await peer.closed;
    },
  };
}
