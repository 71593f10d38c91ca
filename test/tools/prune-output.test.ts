import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pruneOutput } from "../../tools/prune-output.ts";
import { withTree } from "./planted-tree.ts";

test("a compiled test whose source is gone cannot pass any more; the others stay", async () => {
  const tree = {
    "test/stays.test.ts": "",
    "build/test/stays.test.js": "",
    "build/test/stays.test.d.ts.map": "",
    "build/test/gone.test.js": "",
    "build/test/gone.test.js.map": "",
    "build/package.json": "{}",
  };
  await withTree(tree, (root) => {
    assert.deepEqual(pruneOutput(root, "build", "."), { removed: 2, kept: 2 });
    assert.ok(existsSync(join(root, "build/test/stays.test.js")));
    assert.ok(!existsSync(join(root, "build/test/gone.test.js")));
    assert.ok(existsSync(join(root, "build/package.json")));
  });
});
