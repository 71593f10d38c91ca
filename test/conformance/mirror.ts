import { closeSync, writeSync } from "node:fs";
import { systemRuntime } from "../../src/flow/index.ts";
import { Joint } from "../../src/join/joint.ts";
import { stdio } from "../../src/wires/stdio/index.ts";
import { unix } from "../../src/wires/unix/index.ts";

/** A child whose standard streams are joined to a socket; it tells descriptor 3 when they are. */
const path = process.argv[2] ?? "";
const joint = new Joint({
  clock: systemRuntime().clock,
  halfOpenIdleMs: 60_000,
  onJoined: () => {
    setImmediate(() => {
      writeSync(3, ".");
      closeSync(3);
    });
  },
});
await unix({ path }).connect(joint.right);
await stdio({ closeOutput: true }).connect(joint.left);
await joint.report;
