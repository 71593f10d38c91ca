import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Protocol } from "../../src/contract/index.ts";
import type { WireUnderTest } from "../../src/testing/index.ts";
import { conformance, settleByTurns } from "../../src/testing/index.ts";
import { pty } from "../../src/wires/pty/index.ts";
import { unix } from "../../src/wires/unix/index.ts";
import { onlyNative } from "../wires/unix/descriptor-rig.ts";
import { Held } from "./held.ts";

const folder = mkdtempSync(join(tmpdir(), "overwall-pty-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const mirror = fileURLToPath(new URL("terminal-mirror.js", import.meta.url));
let places = 0;

/** A child on a raw terminal joins that to a socket; at the other end of it, the far protocol. */
const wire: WireUnderTest = {
  name: "pty with our stdio in it",
  capabilities: new Set(["abort", "backPressure"]),
  pair: async (left, right, { limits, observers = {}, onError, signal }) => {
    const [atLeft, atRight] = [new Held(left), new Held(right)];
    const path = join(folder, `${places++}.sock`);
    const base = { limits, onError, signal };
    const port = await unix({ path }).listen(() => atRight.protocol, {
      ...base,
      ...(observers.right && { observer: observers.right }),
    });
    const child = pty({
      command: process.execPath,
      args: [mirror, path],
      raw: true,
    });
    await child.connect(atLeft.protocol as Protocol, {
      ...base,
      // A child takes long to start: it is not idle before it is there.
      limits: { ...limits, idleMs: Infinity },
      ...(observers.left && { observer: observers.left }),
    });
    const settle = settleByTurns();
    await settle(() => atRight.isMade);
    return {
      left: atLeft.transport,
      right: atRight.transport,
      settle,
      [Symbol.asyncDispose]: async () => {
        await Promise.all([atLeft.letGo(), atRight.letGo()]);
        await port.stopListening();
      },
    };
  },
};

for (const { name, run, skip } of conformance(wire, { watchdogMs: 6_000 })) {
  test(name, { skip: onlyNative.skip || (skip ?? false) }, run);
}
