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

/** How many descriptors this process may have. */
function limit(): number {
  return Number(/Max open files\s+(\d+)/.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]);
}

function whyNot(): string | false {
  return whyNotNative() ?? (limit() < 1024 && "fewer than 1024 descriptors are allowed");
}

/** It is made beside us, in a few of them. */
const TURNS_MAX = 1_000_000;

test("who listens has room for many connections before the first one comes", {
  skip: whyNot(),
}, async () => {
  assert.ok(room() < 1024, "nobody has listened yet");
  await using _port = await tcp({ port: 0, driver: "native" }).listen(() => null);
  for (let turns = 0; room() < 1024 && turns < TURNS_MAX; turns++) await turn();
  assert.ok(room() >= 1024);
});
