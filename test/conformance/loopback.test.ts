import { pumps, seededChance } from "../../src/memory/index.ts";
import { loopbackWire } from "../../src/testing/index.ts";
import { conforms } from "./skipping.ts";

const policies = {
  identity: pumps.identity,
  collapsing: pumps.collapsing,
  random: pumps.random(seededChance(1), 40_000),
} as const;

for (const [name, pump] of Object.entries(policies)) {
  conforms(loopbackWire({ name: `loopback, ${name} pump`, pump }));
}

conforms(loopbackWire({ name: "loopback that holds 300 000 bytes", capacity: 300_000 }));
