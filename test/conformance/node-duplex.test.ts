import { nodeStreamWires } from "./bridge-wires.ts";
import { conforms } from "./skipping.ts";

for (const wire of nodeStreamWires) conforms(wire);
