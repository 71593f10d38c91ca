/**
 * Connects to a server in this very process, over the wire that is named first, lets go of both,
 * and has nothing else to do: it ends only if nothing keeps it.
 */
import { once } from "node:events";
import { Connection } from "../../src/bridges/index.ts";
import { toNetSocket } from "../../src/bridges/node-streams.ts";
import type { Endpoint } from "../../src/contract/index.ts";
import { selfSigned, tls } from "../../src/layers/tls/index.ts";
import { Scratch } from "../interop/scratch.ts";
import { endpointAt, freshAddress, socketAddressOf } from "../interop/socket-address.ts";

const [layers = ""] = process.argv.slice(2);
const wire = layers.endsWith("tcp") ? "tcp" : "unix";
const { cert, key } = await selfSigned({ names: ["localhost"] });
const isSecure = layers.startsWith("tls+");
const secured = (lower: Endpoint, options: object): Endpoint =>
  (isSecure ? tls(lower, options) : lower) as Endpoint;

using scratch = new Scratch();
const far = new Connection();
const listener = secured(endpointAt(freshAddress(wire, scratch)), { cert, key });
const port = await listener.listen(() => far);
const there = endpointAt(socketAddressOf(port.getHost()));
const near = await secured(there, { ca: cert, servername: "localhost" }).connect(new Connection());
await port.stopListening();

const socket = toNetSocket(near).resume();
await once(socket, "connect");
const served = toNetSocket(far).resume();
await once(served, "connect");
// A timeout does not keep the process, either; this one passes while something else does.
socket.setTimeout(20, () => console.log("silence"));
await new Promise((resolve) => setTimeout(resolve, 100));
socket.setTimeout(100_000).unref();
served.unref();
