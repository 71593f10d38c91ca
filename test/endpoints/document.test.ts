import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { drawEndpoints } from "../../tools/draw-endpoints.ts";

test("docs/endpoints.md is what the parser reads", () => {
  assert.equal(readFileSync("docs/endpoints.md", "utf8"), drawEndpoints());
});
