import assert from "node:assert/strict";
import { test } from "node:test";
import { median, pairedRatios, spreadOf } from "../../bench/statistics.ts";

test("the median is the one in the middle, whatever the order, and the mean of two", () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([10, 9, 1, 2]), 5.5);
  assert.equal(median([7]), 7);
});

test("no values have no median, and no spread", () => {
  assert.throws(() => median([]), RangeError);
  assert.equal(spreadOf([]), undefined);
});

test("a spread keeps the ends and the count", () => {
  assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, min: 1, max: 3, count: 3 });
});

test("ratios are of the same round, and above 1 where ours costs less", () => {
  const ours = [
    { round: 0, cost: 2 },
    { round: 1, cost: 4 },
  ];
  const theirs = [
    { round: 1, cost: 2 },
    { round: 0, cost: 6 },
  ];
  assert.deepEqual(pairedRatios(ours, theirs), [3, 0.5]);
});

test("a round that one of them did not finish makes no pair", () => {
  const ours = [
    { round: 0, cost: 2 },
    { round: 2, cost: 5 },
  ];
  assert.deepEqual(pairedRatios(ours, [{ round: 2, cost: 10 }]), [2]);
});
