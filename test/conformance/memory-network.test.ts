import { conforms } from "./skipping.ts";
import { networkWire } from "./wires.ts";

conforms(networkWire());
