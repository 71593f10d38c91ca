import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { cachedRuntime, isThisNode, nameOf, PINNED, thisNode } from "../../../tools/runtimes.ts";
import { runToEnd } from "../../interop/program.ts";
import { onlyNative } from "../../wires/unix/descriptor-rig.ts";

// What TLS is lent and has not kept is overwritten at once: early bytes, readers that stop and go
// on, and an engine that does not read for a while lose nothing by it, and borrow all the same.
for (const pinned of PINNED.filter(({ kind }) => kind === "node")) {
  const runtime = isThisNode(pinned) ? thisNode : cachedRuntime(process.cwd(), pinned);
  const skip = onlyNative.skip || (runtime instanceof Error && runtime.message);
  test(`TLS keeps nothing of what it says it has not, on ${nameOf(pinned)}`, { skip }, async () => {
    if (runtime instanceof Error) return;
    const script = fileURLToPath(new URL("lending-run.js", import.meta.url));
    const { status, stdout, stderr } = await runToEnd(runtime.program, [...runtime.run, script], {
      env: { OVERWALL_POISON: "on" },
    });
    assert.equal(status, 0, stderr);
    const found = stdout.split("\n").filter((line) => /^(held|lent): /.test(line));
    assert.deepEqual(
      found,
      ["engines", "TLSv1.2", "TLSv1.3"].flatMap((name) => [`held: ${name}`, `lent: ${name}`]),
    );
  });
}
