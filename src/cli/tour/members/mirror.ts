import { closeSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { systemRuntime } from "../../../flow/index.ts";
import { Joint } from "../../../join/joint.ts";
import { stdio } from "../../../wires/stdio/index.ts";
import { unix } from "../../../wires/unix/index.ts";

/** A program: its standard streams, joined to a socket; it tells descriptor 3 when they are. */
export const MIRROR: string = fileURLToPath(import.meta.url);

if (process.argv[1] === MIRROR) {
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
  await unix({ path: process.argv[2] ?? "" }).connect(joint.right);
  await stdio({ closeOutput: true }).connect(joint.left);
  await joint.report;
}
