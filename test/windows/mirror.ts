import { fileURLToPath } from "node:url";
import { systemRuntime } from "../../src/flow/index.ts";
import { Joint } from "../../src/join/joint.ts";
import { stdio } from "../../src/wires/stdio/index.ts";
import { tcp } from "../../src/wires/tcp/index.ts";

/** A program: its standard streams, joined to a TCP port; its standard error tells when they are. */
export const MIRROR: string = fileURLToPath(import.meta.url);

if (process.argv[1] === MIRROR) {
  const joint = new Joint({
    clock: systemRuntime().clock,
    halfOpenIdleMs: 60_000,
    onJoined: () => void setImmediate(() => process.stderr.write(".")),
  });
  await tcp({ port: Number(process.argv[2]) }).connect(joint.right);
  await stdio({ closeOutput: true }).connect(joint.left);
  await joint.report;
}
