import { stdio } from "../../src/wires/stdio/index.ts";
import { join } from "../../src/join/index.ts";
import { unix } from "../../src/wires/unix/index.ts";

/** A child whose standard streams are joined to a socket: `node mirror.js PATH`. */
const path = process.argv[2] ?? "";
await join(stdio({ closeOutput: true }), unix({ path }));
