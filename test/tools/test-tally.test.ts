import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { TestTally } from "../../tools/test-tally.ts";

const tallied = (play: (events: EventEmitter) => void): TestTally => {
  const events = new EventEmitter();
  const tally = new TestTally();
  tally.watch(events);
  play(events);
  return tally;
};

const one = (name: string, more: object = {}): object => ({ name, details: {}, ...more });

test("the last line counts tests, not the suites around them, and reasons are told", () => {
  const tally = tallied((events) => {
    events.emit("test:pass", one("a"));
    events.emit("test:pass", one("suite", { details: { type: "suite" } }));
    events.emit("test:pass", one("b", { skip: "needs socat on PATH" }));
    events.emit("test:pass", one("c", { skip: "needs socat on PATH" }));
    events.emit("test:stdout", { message: "count seeds: 3 from abc\nanything else\n" });
  });
  const lines = tally.report(2).trim().split("\n");
  assert.equal(lines.at(-1), "1 passed, 0 failed, 2 skipped");
  assert.ok(lines.includes("skipped 2: needs socat on PATH"));
  assert.ok(lines.includes("count seeds: 3 from abc"));
  assert.ok(tally.isGood);
});

test("a failure, a broken suite and a run without any test are not good", () => {
  const suite = { details: { type: "suite" } };
  const failed = (events: EventEmitter): void => {
    events.emit("test:pass", one("a"));
    events.emit("test:fail", one("b"));
  };
  const brokenSuite = (events: EventEmitter): void => {
    events.emit("test:pass", one("a"));
    events.emit("test:fail", one("b", suite));
  };
  assert.equal(tallied(failed).isGood, false);
  assert.equal(tallied(brokenSuite).isGood, false);
  assert.equal(tallied(() => {}).isGood, false);
  assert.equal(tallied((events) => events.emit("test:pass", one("a", { skip: "" }))).isGood, false);
});
