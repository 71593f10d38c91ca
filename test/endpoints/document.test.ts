import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fallbackOf, stdioOptions } from "../../src/endpoints/wire-options.ts";
import { drawEndpoints } from "../../tools/draw-endpoints.ts";

test("docs/endpoints.md is what the parser reads", () => {
  assert.equal(readFileSync("docs/endpoints.md", "utf8"), drawEndpoints());
});

test("standard output is closed without an option everywhere but on Windows, and the page says so", () => {
  const { closeOutput, endsWithReader } = stdioOptions;
  const defaults = (platform: NodeJS.Platform): readonly unknown[] => [
    fallbackOf(closeOutput, platform),
    fallbackOf(endsWithReader, platform),
  ];
  assert.deepEqual(defaults("linux"), ["true", "true"]);
  assert.deepEqual(defaults("win32"), ["false", "true"]);
  assert.match(drawEndpoints(), /`closeOutput` \| boolean \| `true`; on Windows `false` \|/);
});
