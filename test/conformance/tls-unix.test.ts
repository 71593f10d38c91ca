import { after } from "node:test";
import { Scratch } from "../interop/scratch.ts";
import { conforms } from "./skipping.ts";
import { tlsPairs } from "./tls-pairs.ts";
import { tlsSocketWire } from "./tls-wires.ts";

const scratch = new Scratch();
after(() => scratch[Symbol.dispose]());

for (const pair of tlsPairs) conforms(tlsSocketWire("unix", pair, scratch));
