import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import type { Socket } from "node:net";
import { connect, createServer } from "node:net";
import { closeQuietly, makePipe } from "../wires/fifo.ts";

/** Open descriptors of every kind; disposing closes them. */
export interface OpenKinds extends AsyncDisposable {
  readonly fds: readonly number[];
}

/** A file, both ends of a pipe, and a listening, a connecting and an accepted TCP socket. */
export async function openKinds(): Promise<OpenKinds> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { readonly port: number };
  const accepting = once(server, "connection") as Promise<[Socket]>;
  const client = connect({ host: "127.0.0.1", port });
  const [[accepted]] = await Promise.all([accepting, once(client, "connect")]);
  const pipe = makePipe();
  const file = openSync("package.json", "r");
  const sockets = [server, client, accepted].map(fdOf);
  return {
    fds: [file, pipe.input, pipe.output, ...sockets],
    [Symbol.asyncDispose]: async () => {
      closeSync(file);
      closeQuietly(pipe.input, pipe.output);
      for (const socket of [client, accepted]) socket.destroy();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

/** Node does not tell it in public. */
function fdOf(socket: object): number {
  return (socket as { readonly _handle: { readonly fd: number } })._handle.fd;
}
