import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { whyNotNative } from "../../../../src/wires/_drivers/native/addon.ts";
import { tcp } from "../../../../src/wires/tcp/index.ts";

/** How many descriptors the system has room for in this process. */
function room(): number {
  return Number(/FDSize:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
}

test("who listens has room for many connections before the first one comes", {
  skip: whyNotNative() ?? false,
}, async () => {
  assert.ok(room() < 1024, "nobody has listened yet");
  await using _port = await tcp({ port: 0, driver: "native" }).listen(() => null);
  // It is made beside us; without it this would never end.
  while (room() < 1024) await turn();
});
