import { test } from "node:test";
import { mirroredWire } from "../../src/cli/tour/wires/mirrored-wire.ts";
import { conformance } from "../../src/testing/index.ts";
import { childProcess } from "../../src/wires/process/index.ts";
import { tcp } from "../../src/wires/tcp/index.ts";
import { MIRROR } from "./mirror.ts";

/** A child that joins its own `stdio()` to a TCP connection; there, the far protocol. */
const wire = mirroredWire({
  name: "process with our stdio in it, on Windows",
  capabilities: ["abort", "backPressure"],
  socket: () => tcp({ port: 0 }),
  child: (place) =>
    childProcess({
      command: process.execPath,
      args: [MIRROR, place],
      env: "inherit",
      fds: { 2: "r" },
    }),
  tellsOn: 2,
});

/** A process of Windows takes long to start, so that some of the cases stand for all. */
const SOME: ReadonlySet<string> = new Set([
  "write.order",
  "close.waitsForProducer",
  "backPressure.slowReader",
]);

if (process.platform === "win32") {
  for (const { name, case: one, run } of conformance(wire)) {
    if (SOME.has(one.id) || process.env["ALL"]) test(name, run);
  }
} else {
  test(wire.name, { skip: "needs Windows; test/windows/under-wine.test.ts runs it" });
}
