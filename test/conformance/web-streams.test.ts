import { webStreamWires } from "./bridge-wires.ts";
import { conforms } from "./skipping.ts";

for (const wire of webStreamWires) conforms(wire);
