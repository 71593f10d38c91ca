import { connect, createServer } from "node:net";
import type { Setting } from "./relayed.ts";
import type { SocketAddress } from "./socket-address.ts";
import { freshAddress, listen } from "./socket-address.ts";

interface Counted {
  readonly toTarget: number;
  readonly fromTarget: number;
}

/**
 * Stands between a relay and a server that cannot count, and counts what passes on one connection.
 */
export class CountingPipe implements AsyncDisposable {
  readonly at: SocketAddress;
  /** Settles when the connection is over. */
  readonly ended: Promise<Counted>;
  readonly #stop: () => Promise<unknown>;

  private constructor(at: SocketAddress, ended: Promise<Counted>, stop: () => Promise<unknown>) {
    this.at = at;
    this.ended = ended;
    this.#stop = stop;
  }

  static async to(
    target: SocketAddress,
    { onto, scratch }: Pick<Setting, "onto" | "scratch">,
  ): Promise<CountingPipe> {
    let settle: (counted: Counted) => void = () => {};
    const ended = new Promise<Counted>((resolve) => {
      settle = resolve;
    });
    const server = createServer({ allowHalfOpen: true }, (near) => {
      const far = connect({ ...target, allowHalfOpen: true });
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) socket.on("error", () => {});
      near.on("close", () => settle({ toTarget: near.bytesRead, fromTarget: near.bytesWritten }));
    });
    const at = await listen(server, freshAddress(onto, scratch));
    const stop = (): Promise<unknown> => new Promise((resolve) => server.close(resolve));
    return new CountingPipe(at, ended, stop);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }
}
