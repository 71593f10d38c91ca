import type { PipePlace } from "../../src/cli/tour/controls/naive-pipe.ts";
import { pipeNaively } from "../../src/cli/tour/controls/naive-pipe.ts";

// Run as a program with two places in JSON: where to listen, where to connect. A certificate and
// its key in the first one, or an authority in the second, make that side TLS.
const [from, onto] = process.argv.slice(2).map((text) => JSON.parse(text) as PipePlace);
if (from === undefined || onto === undefined)
  throw new TypeError("Cannot pipe: give two addresses");

const { at } = await pipeNaively(from, onto);
process.stdout.write(`${JSON.stringify(at)}\n`);
