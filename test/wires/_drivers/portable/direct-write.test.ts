import assert from "node:assert/strict";
import { test } from "node:test";
import { writesDirectly } from "../../../../src/wires/_drivers/portable/direct-write.ts";
import { sendOver } from "./sending-rig.ts";

const isNode = !("bun" in process.versions || "deno" in process.versions);
const skip = !isNode && "only of Node it is known that a socket counts such writes";

test("past the stream's queue every byte arrives, once and in order", { skip }, async () => {
  assert.equal(await sendOver(() => undefined), 0);
  assert.equal(writesDirectly(), true);
});
