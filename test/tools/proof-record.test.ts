import assert from "node:assert/strict";
import { test } from "node:test";
import { ProofRecord } from "../../tools/proof-record.ts";

const silent = (): void => {};

test("a proof that counted nothing, or only zeros, is not accepted", () => {
  const record = new ProofRecord(false, silent);
  assert.throws(() => record.assertCounted(), /counted nothing/);
  record.count("bytes", 0);
  assert.throws(() => record.assertCounted(), /counted nothing/);
  record.count("bytes", 1);
  record.assertCounted();
});

test("what is no number of things is refused", () => {
  const record = new ProofRecord(true, silent);
  for (const value of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
    assert.throws(() => record.count("bytes", value), RangeError);
  }
});
