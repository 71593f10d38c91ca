import { connect, createServer } from "node:net";
import type { SocketPlace } from "./socket-place.ts";
import { bind } from "./socket-place.ts";

/** A relay, where it listens, and how to stop it. */
export interface NaivePipe extends AsyncDisposable {
  readonly at: SocketPlace;
}

/**
 * The relay that everybody writes first, and that loses every late reply: each socket ends itself
 * when its peer ends.
 */
export async function pipeNaively(from: SocketPlace, onto: SocketPlace): Promise<NaivePipe> {
  const server = createServer((near) => {
    const far = connect(onto);
    near.on("error", () => {});
    far.on("error", () => {});
    near.pipe(far);
    far.pipe(near);
  });
  return {
    at: await bind(server, from),
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
