import assert from "node:assert/strict";
import { test } from "node:test";
import { writesDirectly } from "../../../../src/wires/_drivers/portable/direct-write.ts";
import { sendOver } from "./sending-rig.ts";

test("where a socket does not count such a write, the stream has the rest, and no byte is lost", async () => {
  const streamed = await sendOver((near) => {
    Object.defineProperty(near, "bytesWritten", { get: () => 0 });
  });
  assert.equal(writesDirectly(), false);
  assert.ok(streamed > 0);
  const later = await sendOver(() => undefined);
  assert.ok(later > streamed, "the first write, which was the test, is not made again");
});
