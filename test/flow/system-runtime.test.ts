import assert from "node:assert/strict";
import { test } from "node:test";
import { systemRuntime } from "../../src/flow/index.ts";

const { clock, turn } = systemRuntime();

test("the end of a turn comes when ticks and microtasks are done, before timers", async () => {
  const log: string[] = [];
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      setImmediate(() => {
        log.push("next macrotask");
        resolve();
      });
      turn.atEnd({ depth: 0, endTurn: () => void log.push("end of turn") });
      void (async () => {
        for (let count = 0; count < 10; count++) await Promise.resolve();
        log.push("microtasks");
      })();
    });
  });
  assert.deepEqual(log, ["microtasks", "end of turn", "next macrotask"]);
});

test("a later turn is a macrotask, in the order of asking", async () => {
  const log: string[] = [];
  await new Promise<void>((resolve) => {
    turn.later(() => void log.push("first"));
    turn.later(() => {
      log.push("second");
      resolve();
    });
    process.nextTick(() => void log.push("tick"));
    void Promise.resolve().then(() => log.push("microtask"));
  });
  assert.deepEqual(new Set(log.slice(0, 2)), new Set(["tick", "microtask"]));
  assert.deepEqual(log.slice(2), ["first", "second"]);
});

test("a delay longer than timers take does not fire at once, and disposing cancels", async () => {
  let fired = false;
  const timer = clock.after(2 ** 40, () => {
    fired = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 2));
  timer[Symbol.dispose]();
  assert.ok(!fired);
});

test("there is one runtime for the whole thread, and its clock goes forward", () => {
  assert.equal(systemRuntime(), systemRuntime());
  const before = clock.now();
  assert.ok(clock.now() >= before);
});
