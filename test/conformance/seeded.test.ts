import { cases } from "../../src/testing/index.ts";
import { count, seeds } from "../counts.ts";
import { conforms } from "./skipping.ts";
import { isFairTo, seededWire } from "./wires.ts";

for (const seed of seeds(count("seeds for the conformance suite", 3, 300))) {
  const wire = seededWire(seed);
  conforms(
    wire,
    cases.filter(({ id }) => isFairTo(wire, id)),
  );
}
