import { connect, createServer } from "node:net";
import type { SocketAddress } from "../interop/socket-address.ts";
import { listen } from "../interop/socket-address.ts";

// The relay that everybody writes first, and that loses every late reply: each socket ends itself
// when
// its peer ends. Run as a program with two addresses in JSON: where to listen, where to connect.
const [from, onto] = process.argv.slice(2).map((text) => JSON.parse(text) as SocketAddress);
if (from === undefined || onto === undefined)
  throw new TypeError("Cannot pipe: give two addresses");

const server = createServer((near) => {
  const far = connect(onto);
  near.on("error", () => {});
  far.on("error", () => {});
  near.pipe(far);
  far.pipe(near);
});
process.stdout.write(`${JSON.stringify(await listen(server, from))}\n`);
