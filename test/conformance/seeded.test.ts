import { test } from "node:test";
import {
  HARMLESS_FAULTS,
  seededChance,
  Trace,
  VirtualRuntime,
  Weather,
} from "../../src/memory/index.ts";
import type { WireUnderTest } from "../../src/testing/index.ts";
import { cases, loopbackWire, register } from "../../src/testing/index.ts";
import { count, seeds } from "../counts.ts";

/** Byte by byte is a file of its own: together with other weather it takes minutes. */
const FAULTS = HARMLESS_FAULTS.filter((fault) => fault !== "oneByte");

/** Weather may leave a connection silent for longer than the limits of these cases. */
const NOT_IN_BAD_WEATHER: readonly string[] = ["limit.idleEitherWay", "close.lingerMoves"];

/**
 * The loopback under weather that breaks nothing: all that a correct wire may do, drawn by seed.
 */
function seededWire(seed: number): WireUnderTest {
  const chance = seededChance(seed);
  const runtime = new VirtualRuntime({ chance });
  const weather = new Weather({ runtime, chance, trace: new Trace(), faults: FAULTS });
  return loopbackWire({ name: `loopback, seed ${seed}`, runtime, join: weather.join });
}

for (const seed of seeds(count("seeds for the conformance suite", 3, 300))) {
  register(seededWire(seed), test, {
    cases: cases.filter(({ id }) => !NOT_IN_BAD_WEATHER.includes(id)),
    skip: (name, skip) => test(name, { skip }),
  });
}
