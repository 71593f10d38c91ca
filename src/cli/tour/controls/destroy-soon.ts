import { createServer } from "node:net";
import type { SocketPlace } from "./socket-place.ts";
import { bind } from "./socket-place.ts";

/** A server that closes as Node's shortcut does: what a peer sends meanwhile becomes a reset. */
export interface DestroySoonServer extends AsyncDisposable {
  readonly at: SocketPlace;
}

/** Writes `payload` to everyone who connects, then calls `destroySoon`. */
export async function serveAndDestroySoon(
  at: SocketPlace,
  payload: Uint8Array,
): Promise<DestroySoonServer> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write(payload);
    socket.destroySoon();
  });
  return {
    at: await bind(server, at),
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
