import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Chance } from "../../src/contract/index.ts";
import { seededChance } from "../../src/memory/index.ts";

const draw = (chance: Chance, count: number): number[] =>
  Array.from({ length: count }, () => chance.next());

describe("seededChance", () => {
  it("gives the same numbers for the same seed, and others for its neighbour", () => {
    assert.deepEqual(draw(seededChance(7), 100), draw(seededChance(7), 100));
    assert.notDeepEqual(draw(seededChance(7), 4), draw(seededChance(8), 4));
  });

  it("keeps its numbers from version to version, so that a seed in an old report still repeats", () => {
    const chance = seededChance(1);
    assert.deepEqual(
      Array.from({ length: 6 }, () => chance.below(1000)),
      FIRST_OF_SEED_1,
    );
  });

  it("draws evenly: each tenth of the range gets its share, and neighbouring seeds disagree", () => {
    const chance = seededChance(42);
    const tenths = new Array<number>(10).fill(0);
    for (const number of draw(chance, 20_000)) {
      assert.ok(number >= 0 && number < 1);
      const tenth = Math.floor(number * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) assert.ok(count > 1800 && count < 2200, `a tenth got ${count}`);
    const firsts = new Set(
      Array.from({ length: 1000 }, (_, seed) => seededChance(seed).below(1e9)),
    );
    assert.ok(firsts.size > 998);
  });

  it("draws integers below a limit, all of them, and says yes with the given probability", () => {
    const chance = seededChance(3);
    const drawn = new Set(Array.from({ length: 200 }, () => chance.below(6)));
    assert.deepEqual([...drawn].sort(), [0, 1, 2, 3, 4, 5]);
    const yes = Array.from({ length: 10_000 }, () => chance.chance(0.2)).filter(Boolean).length;
    assert.ok(yes > 1800 && yes < 2200, `${yes} of 10000`);
    assert.equal(chance.chance(0), false);
    assert.equal(chance.chance(1), true);
  });

  it("refuses a seed that is no integer and a limit that leaves nothing to draw", () => {
    assert.throws(() => seededChance(1.5), TypeError);
    assert.throws(() => seededChance(1).below(0), RangeError);
    assert.throws(() => seededChance(1).below(2.5), RangeError);
  });
});

const FIRST_OF_SEED_1: readonly number[] = [184, 37, 463, 313, 695, 909];
