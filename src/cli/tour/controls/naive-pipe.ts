import type { Socket } from "node:net";
import { connect, createServer } from "node:net";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import type { SocketPlace } from "./socket-place.ts";
import { bind } from "./socket-place.ts";

/** A certificate and its key to listen with, or an authority to connect with, make it TLS. */
export type PipePlace = SocketPlace & {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
};

/** A relay, where it listens, and how to stop it. */
export interface NaivePipe extends AsyncDisposable {
  readonly at: SocketPlace;
}

/**
 * The relay that everybody writes first, and that loses every late reply: each socket ends itself
 * when its peer ends.
 */
export async function pipeNaively(from: PipePlace, onto: PipePlace): Promise<NaivePipe> {
  const pipe = (near: Socket): void => {
    const far = onto.ca === undefined ? connect(onto) : connectTls(onto);
    near.on("error", () => {});
    far.on("error", () => {});
    near.pipe(far);
    far.pipe(near);
  };
  const server = from.cert === undefined ? createServer(pipe) : createTlsServer(from, pipe);
  return {
    at: await bind(server, from),
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
