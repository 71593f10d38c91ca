import assert from "node:assert/strict";
import { after, test } from "node:test";
import { listFiles } from "../../tools/list-files.ts";
import { WindowsNode } from "./windows-node.ts";

/**
 * The tests of this folder, and the conformance of TCP on the portable driver, run by Node for
 * Windows under Wine. That stands for Windows as far as Wine goes: what it cannot show is in the
 * tests themselves, as skips with reasons.
 */
const node = WindowsNode.prepare();

if (typeof node === "string") {
  test("the tests of Windows", { skip: node });
} else {
  after(() => node.stop());
  const own = listFiles(".", "build/test/windows", ".test.js").filter(
    (path) => !path.endsWith("under-wine.test.js"),
  );
  for (const path of [...own, "build/test/conformance/tcp.test.js"]) {
    test(`${path} passes on Windows`, async () => {
      const name = path.replace(/^.*\//, "");
      const ran = await node.run(["--test-reporter=tap", path], name);
      const count = (what: string): number =>
        Number(new RegExp(`^# ${what} (\\d+)`, "m").exec(ran.output)?.[1] ?? -1);
      const failures = ran.output.split("\n").filter((line) => /^\s*not ok/.test(line));
      assert.equal(ran.status, 0, `${failures.join("\n")}\n${ran.output.slice(-4000)}`);
      assert.deepEqual([count("fail"), count("cancelled")], [0, 0]);
      assert.ok(count("pass") > 0, "it ran something");
    });
  }
}
