import type { Socket } from "node:net";
import { connect, createServer } from "node:net";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import type { SocketAddress } from "../interop/socket-address.ts";
import { listen } from "../interop/socket-address.ts";

// The relay that everybody writes first, and that loses every late reply: each socket ends itself
// when
// its peer ends. Run as a program with two addresses in JSON: where to listen, where to connect; a
// certificate and its key in the first one, or an authority in the second, make that side TLS.
type Place = SocketAddress & {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
};
const [from, onto] = process.argv.slice(2).map((text) => JSON.parse(text) as Place);
if (from === undefined || onto === undefined)
  throw new TypeError("Cannot pipe: give two addresses");

const pipe = (near: Socket): void => {
  const far = onto.ca === undefined ? connect(onto) : connectTls(onto);
  near.on("error", () => {});
  far.on("error", () => {});
  near.pipe(far);
  far.pipe(near);
};
const server = from.cert === undefined ? createServer(pipe) : createTlsServer(from, pipe);
process.stdout.write(`${JSON.stringify(await listen(server, from))}\n`);
