import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Protocol } from "../../src/contract/index.ts";
import type { WireUnderTest } from "../../src/testing/index.ts";
import { settleByTurns } from "../../src/testing/index.ts";
import { childProcess } from "../../src/wires/process/index.ts";
import { unix } from "../../src/wires/unix/index.ts";
import { Held } from "./held.ts";
import { conforms } from "./skipping.ts";

const folder = mkdtempSync(join(tmpdir(), "overwall-process-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const mirror = fileURLToPath(new URL("mirror.js", import.meta.url));
let places = 0;

/** A child that joins its own `stdio()` to a socket; at the other end of that, the far protocol. */
const wire: WireUnderTest = {
  name: "process with our stdio in it",
  capabilities: new Set(["abort", "halfClose", "linger", "backPressure"]),
  pair: async (left, right, { limits, observers = {}, onError, signal }) => {
    const [atLeft, atRight] = [new Held(left), new Held(right)];
    const base = { limits, onError, signal };
    const path = join(folder, `${places++}.sock`);
    const port = await unix({ path }).listen(() => atRight.protocol, {
      ...base,
      ...(observers.right && { observer: observers.right }),
    });
    const child = childProcess({ command: process.execPath, args: [mirror, path] });
    await child.connect(atLeft.protocol as Protocol, {
      ...base,
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

if (process.platform === "win32") test("process", { skip: "needs POSIX standard streams" });
else conforms(wire);
