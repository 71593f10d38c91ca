import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { runToEnd } from "../../interop/program.ts";
import { onlyNative } from "../unix/descriptor-rig.ts";

const EXAMPLE = fileURLToPath(new URL("../../../examples/hand-over.js", import.meta.url));

describe("the example that hands a connection over", onlyNative, () => {
  it("gives it away in the middle of 8 MiB, of which no byte is lost", async () => {
    const { status, stderr, stdout } = await runToEnd(process.execPath, [EXAMPLE]);
    assert.deepEqual([status, stderr], [0, ""]);
    const [answered = "", lost] = stdout.split("\n");
    const [, parent, child] =
      /^the parent answered (\d+) bytes, the child (\d+)$/.exec(answered) ?? [];
    assert.ok(Number(parent) > 0 && Number(child) > 0, stdout);
    assert.equal(Number(parent) + Number(child), 8 * 1024 * 1024);
    assert.equal(lost, "no byte was lost of 8388608; done by us");
  });
});
