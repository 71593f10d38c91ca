import type { Socket } from "node:net";
import { createServer } from "node:net";
import type { TlsOptions } from "node:tls";
import { createServer as createTlsServer } from "node:tls";
import type { SocketPlace } from "./socket-place.ts";
import { bind } from "./socket-place.ts";

/** A server that closes as Node's shortcut does: what a peer sends meanwhile becomes a reset. */
export interface DestroySoonServer extends AsyncDisposable {
  readonly at: SocketPlace;
}

/** Writes `payload` to everyone who connects, over TLS if it is given, then calls `destroySoon`. */
export async function serveAndDestroySoon(
  at: SocketPlace,
  payload: Uint8Array,
  tls?: TlsOptions,
): Promise<DestroySoonServer> {
  const serve = (socket: Socket): void => {
    socket.on("error", () => {});
    socket.write(payload);
    socket.destroySoon();
  };
  const server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  return {
    at: await bind(server, at),
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
