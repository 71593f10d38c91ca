import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_LIMITS, resolveLimits } from "../../src/contract/index.ts";

test("limits that are not given are the defaults, and those are the promised ones", () => {
  assert.deepEqual(resolveLimits(), DEFAULT_LIMITS);
  const { readHigh, readLow, writeHigh, writeLow, writeLimit } = DEFAULT_LIMITS;
  assert.deepEqual([readHigh, readLow, writeHigh, writeLow], [262144, 65536, 1048576, 262144]);
  const { idleMs, stallMs, lingerIdleMs, lingerTotalMs, lingerMax } = DEFAULT_LIMITS;
  assert.deepEqual([lingerIdleMs, lingerTotalMs, lingerMax], [10_000, 300_000, 1024]);
  assert.deepEqual([idleMs, stallMs, writeLimit], [Infinity, Infinity, Infinity]);
  assert.equal(DEFAULT_LIMITS.halfOpenIdleMs, null);
});

test("given limits go over the base, undefined ones do not, and the base stays as it was", () => {
  const base = resolveLimits({ idleMs: 5 });
  const limits = resolveLimits({ stallMs: 7, idleMs: undefined } as object, base);
  assert.deepEqual([limits.idleMs, limits.stallMs], [5, 7]);
  assert.equal(base.stallMs, Infinity);
});

test("0 and Infinity are limits; null is one for halfOpenIdleMs alone", () => {
  const limits = resolveLimits({
    idleMs: 0,
    lingerMax: 0,
    writeLimit: Infinity,
    halfOpenIdleMs: null,
  });
  assert.deepEqual([limits.idleMs, limits.halfOpenIdleMs], [0, null]);
  assert.throws(() => resolveLimits({ idleMs: null } as object), RangeError);
});

const WRONG: readonly [object, RegExp][] = [
  [{ idelMs: 1 }, /no limit called "idelMs"/],
  [{ idleMs: -1 }, /idleMs must be a number of at least 0, not -1/],
  [{ idleMs: Number.NaN }, /not NaN/],
  [{ idleMs: "5" }, /idleMs must be a number/],
  [{ idleMs: 5n }, /idleMs must be a number/],
  [{ halfOpenIdleMs: -1 }, /halfOpenIdleMs/],
  [{ readLow: 300_000 }, /a low mark is above its high mark/],
  [{ writeHigh: 1000 }, /a low mark is above its high mark/],
];

for (const [given, message] of WRONG) {
  const what = JSON.stringify(given, (_, value) => (typeof value === "bigint" ? "5n" : value));
  test(`${what} is a RangeError that says what is wrong`, () => {
    assert.throws(() => resolveLimits(given), RangeError);
    assert.throws(() => resolveLimits(given), message);
  });
}

test("a low mark may be as high as its high mark", () => {
  assert.equal(resolveLimits({ writeHigh: 10, writeLow: 10 }).writeLow, 10);
});
