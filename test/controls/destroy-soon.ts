import { createServer } from "node:net";
import type { SocketAddress } from "../interop/socket-address.ts";
import { listen } from "../interop/socket-address.ts";

/** A server that closes as Node's shortcut does: what a peer sends meanwhile becomes a reset. */
export interface DestroySoonServer extends AsyncDisposable {
  readonly at: SocketAddress;
}

/** Writes `payload` to everyone who connects, then calls `destroySoon`. */
export async function serveAndDestroySoon(
  at: SocketAddress,
  payload: Uint8Array,
): Promise<DestroySoonServer> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write(payload);
    socket.destroySoon();
  });
  return {
    at: await listen(server, at),
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
