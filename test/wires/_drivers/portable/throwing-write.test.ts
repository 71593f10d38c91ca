import assert from "node:assert/strict";
import { test } from "node:test";
import { writesDirectly } from "../../../../src/wires/_drivers/portable/direct-write.ts";
import { sendOver } from "./sending-rig.ts";

// The self-test is made once in a process: each way to fail has a file of its own.
test("where a socket's own _write throws, the stream writes from then on, and no byte is lost", async () => {
  const streamed = await sendOver((near) => {
    let calls = 0;
    const write = near._write.bind(near);
    near._write = (chunk, encoding, done) => {
      calls += 1;
      if (calls === 1) throw new Error("not here");
      write(chunk, encoding, done);
    };
  });
  assert.equal(writesDirectly(), false);
  assert.ok(streamed > 0);
  const later = await sendOver(() => undefined);
  assert.ok(later > 0, "another socket is not tried again");
  assert.equal(writesDirectly(), false);
});
