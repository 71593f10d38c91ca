import { after } from "node:test";
import { Scratch } from "../interop/scratch.ts";
import { conforms } from "./skipping.ts";
import { socketWire } from "./wires.ts";

const scratch = new Scratch();
after(() => scratch[Symbol.dispose]());

conforms(socketWire("tcp", scratch));
