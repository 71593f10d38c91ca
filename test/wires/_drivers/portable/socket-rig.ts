import { once } from "node:events";
import type { Socket } from "node:net";
import { connect, createServer } from "node:net";

/** An accepted socket that reads nothing yet, and the other end of it. */
export interface SocketPair extends Disposable {
  readonly near: Socket;
  readonly far: Socket;
}

export async function socketPair(): Promise<SocketPair> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  server.listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const { port } = server.address() as { readonly port: number };
  const far = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  far.on("error", () => undefined);
  const [[near]] = (await Promise.all([once(server, "connection"), once(far, "connect")])) as [
    [Socket],
    unknown,
  ];
  server.close();
  return {
    near,
    far,
    [Symbol.dispose]: () => {
      near.destroy();
      far.destroy();
    },
  };
}
