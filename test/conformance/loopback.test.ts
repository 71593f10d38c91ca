import { loopbackWire, passingWire } from "../../src/testing/index.ts";
import { conforms } from "./skipping.ts";
import { pumpedLoopbacks } from "./wires.ts";

for (const wire of pumpedLoopbacks()) conforms(wire);

conforms(loopbackWire({ name: "loopback that holds 300 000 bytes", capacity: 300_000 }));

conforms(passingWire());
