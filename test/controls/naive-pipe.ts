import { pipeNaively } from "../../src/cli/tour/controls/naive-pipe.ts";
import type { SocketAddress } from "../interop/socket-address.ts";

// Run as a program with two addresses in JSON: where to listen, where to connect.
const [from, onto] = process.argv.slice(2).map((text) => JSON.parse(text) as SocketAddress);
if (from === undefined || onto === undefined)
  throw new TypeError("Cannot pipe: give two addresses");

const { at } = await pipeNaively(from, onto);
process.stdout.write(`${JSON.stringify(at)}\n`);
