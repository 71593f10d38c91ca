import assert from "node:assert/strict";
import { test } from "node:test";
import { missingPrograms } from "../../tools/missing-programs.ts";

test("a program that runs this test is there, one that nobody wrote is missing", () => {
  assert.deepEqual(missingPrograms(["node", "overwall-no-such-program"]), [
    "overwall-no-such-program",
  ]);
});
