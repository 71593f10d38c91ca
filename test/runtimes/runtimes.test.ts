import assert from "node:assert/strict";
import { test } from "node:test";
import { cachedRuntime, isThisNode, nameOf, PINNED, thisNode } from "../../tools/runtimes.ts";
import { onlyNative } from "../wires/unix/descriptor-rig.ts";
import { heldOn, SMOKE } from "./smoke-run.ts";

// One compiled file carries connections, terminals and descriptors on every runtime, on whose loop
// it sits or not, and lets the process end.
for (const pinned of PINNED) {
  const runtime = isThisNode(pinned) ? thisNode : cachedRuntime(process.cwd(), pinned);
  const skip = onlyNative.skip || (runtime instanceof Error && runtime.message);
  test(`the native driver works on ${nameOf(pinned)}`, { skip }, async () => {
    if (!(runtime instanceof Error)) assert.deepEqual(await heldOn(runtime), SMOKE);
  });
}

test("a thread that waits beside the loop serves as the loop does", onlyNative, async () => {
  assert.deepEqual(await heldOn(thisNode, { OVERWALL_WAKEUP: "thread" }), SMOKE);
});
