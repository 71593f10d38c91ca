import assert from "node:assert/strict";
import { test } from "node:test";
import { pipe } from "../../../src/wires/pipe/index.ts";

test("a name that Windows would not take is refused before anything else", () => {
  for (const name of ["", "a\\b", "a\0b", "x".repeat(248)]) {
    assert.throws(() => pipe({ name }), RangeError, JSON.stringify(name));
  }
  assert.throws(() => pipe({ name: 1 as never }), TypeError);
  assert.throws(() => pipe({ name: "app", backlog: 0 }), RangeError);
});
