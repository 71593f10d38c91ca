import type { Server } from "node:net";

/** Where a socket is, as `node:net` takes it. */
export type SocketPlace =
  | { readonly host: string; readonly port: number }
  | { readonly path: string };

/** A port of this machine that is free. */
export const ANY_PORT: SocketPlace = { host: "127.0.0.1", port: 0 };

/** Binds `server`, and says where. */
export async function bind(server: Server, at: SocketPlace): Promise<SocketPlace> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(at, resolve);
  });
  const bound = server.address();
  return typeof bound === "object" && bound !== null
    ? { host: bound.address, port: bound.port }
    : at;
}
