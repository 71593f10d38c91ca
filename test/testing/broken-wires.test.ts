import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { WireUnderTest } from "../../src/testing/index.ts";
import {
  brokenWires,
  ConformanceFailure,
  cases,
  conformance,
  loopbackWire,
  passingWire,
} from "../../src/testing/index.ts";

/** Short: a broken wire must be noticed by what it does, not by the time it takes. */
const WATCHDOG_MS = 1000;

/** What each run of case `id` on `wire` failed with; `null` for one that passed. */
async function failures(wire: WireUnderTest, id: string): Promise<readonly unknown[]> {
  const only = cases.filter((one) => one.id === id);
  const results: unknown[] = [];
  for (const { run, skip } of conformance(wire, { cases: only, watchdogMs: WATCHDOG_MS })) {
    assert.equal(skip, undefined, `${id} is skipped on ${wire.name}`);
    results.push(
      await run().then(
        () => null,
        (error: unknown) => error,
      ),
    );
  }
  return results;
}

describe("every fault is caught by its own case, by name", () => {
  for (const { caught, fault, wire } of brokenWires) {
    test(`${caught} catches: ${fault}`, async () => {
      const results = await failures(wire, caught);
      assert.ok(results.length > 0, `there is no case ${caught}`);
      for (const result of results) {
        assert.ok(result instanceof ConformanceFailure, `${caught} did not notice that ${fault}`);
        assert.equal(result.caseId, caught);
        assert.notEqual(result.clause, "");
        assert.doesNotMatch(result.detail, /^waited \d+ ms/, "only the watchdog noticed");
      }
    });
  }
});

test("a wire without a fault passes every case", async () => {
  const [plain, passing] = [loopbackWire(), passingWire()];
  for (const { id, needs } of cases) {
    const sound = needs.includes("descriptors") ? passing : plain;
    for (const result of await failures(sound, id)) assert.equal(result, null, id);
  }
});

test("every case owns a broken wire, and every broken wire a case", () => {
  const caught = brokenWires.map((broken) => broken.caught).sort();
  const ids = cases.map(({ id }) => id).sort();
  assert.deepEqual(caught, ids);
});

test("the suite has the cases that the contract names", () => {
  assert.ok(cases.length >= 66, `only ${cases.length} cases`);
  assert.equal(new Set(cases.map(({ id }) => id)).size, cases.length, "an id occurs twice");
  for (const { id, clause } of cases) {
    assert.match(id, /^[a-z][A-Za-z]*\.[a-z][A-Za-z]*$/);
    assert.match(clause, /\.$/, `${id}: its clause is no sentence`);
  }
});
