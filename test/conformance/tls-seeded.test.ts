import { cases } from "../../src/testing/index.ts";
import { count, seeds } from "../counts.ts";
import { conforms } from "./skipping.ts";
import { tlsPairs } from "./tls-pairs.ts";
import { tlsSeededWire } from "./tls-wires.ts";
import { isFairTo } from "./wires.ts";

for (const seed of seeds(count("seeds for the conformance suite over TLS", 2, 20))) {
  for (const pair of tlsPairs) {
    const wire = tlsSeededWire(seed, pair);
    conforms(
      wire,
      cases.filter(({ id }) => isFairTo(wire, id)),
    );
  }
}
