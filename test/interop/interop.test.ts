import { test } from "node:test";
import { missingPrograms } from "../../tools/missing-programs.ts";
import { isFull } from "../counts.ts";
import { PROGRAMS } from "./programs-through-relay.ts";
import { Scratch } from "./scratch.ts";
import { pairsOf, SOCKET_WIRES } from "./socket-address.ts";

// Real programs, client and server, with overwall relay between them: each must exit 0 without a
// word
// on stderr, and the relay's closing lines must have the bytes that were counted elsewhere.
for (const { name, needs, run } of PROGRAMS) {
  const missing = missingPrograms(needs);
  const skip = missing.length > 0 && `needs ${missing.join(", ")} on PATH`;
  for (const [from, onto] of pairsOf(SOCKET_WIRES)) {
    test(`${name} works through a relay from ${from} to ${onto}`, { skip }, async () => {
      using scratch = new Scratch();
      await run({ scratch, from, onto, full: isFull() });
    });
  }
}
