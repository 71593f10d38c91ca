import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadlines } from "../../src/flow/deadlines.ts";
import { VirtualRuntime } from "../../src/memory/index.ts";

function setUp(): {
  readonly runtime: VirtualRuntime;
  readonly deadlines: Deadlines<string>;
  readonly log: string[];
  timers: number;
} {
  const runtime = new VirtualRuntime();
  const log: string[] = [];
  const counting = {
    now: () => runtime.clock.now(),
    after: (delayMs: number, task: () => void) => {
      scene.timers += 1;
      return runtime.clock.after(delayMs, task);
    },
  };
  const passed = (name: string): void => void log.push(`${name} ${runtime.clock.now()}`);
  const scene = {
    runtime,
    log,
    timers: 0,
    deadlines: new Deadlines<string>(counting, { deadlinePassed: passed }),
  };
  return scene;
}

test("deadlines pass in order, each at its time, however they were set", () => {
  const { runtime, deadlines, log } = setUp();
  deadlines.set("late", 300);
  deadlines.set("early", 100);
  deadlines.set("middle", 200);
  runtime.advance(1000);
  assert.deepEqual(log, ["early 100", "middle 200", "late 300"]);
  assert.equal(runtime.scheduled, 0);
});

test("moving a deadline back, as every byte does, costs no timer", () => {
  const scene = setUp();
  scene.deadlines.set("idle", 100);
  for (let count = 0; count < 1000; count++) scene.deadlines.move("idle", 100 + count / 1000);
  assert.equal(scene.timers, 1);
  scene.runtime.advance(1000);
  assert.deepEqual(scene.log, ["idle 100.999"]);
});

test("a deadline moved forward passes at the earlier time", () => {
  const { runtime, deadlines, log } = setUp();
  deadlines.set("idle", 1000);
  deadlines.set("idle", 10);
  runtime.advance(2000);
  assert.deepEqual(log, ["idle 10"]);
});

test("Infinity takes a deadline off, and move leaves alone what is not set", () => {
  const { runtime, deadlines, log } = setUp();
  deadlines.set("idle", 100);
  deadlines.set("idle", Infinity);
  deadlines.move("stall", 10);
  assert.ok(!deadlines.has("idle") && !deadlines.has("stall"));
  runtime.advance(1000);
  assert.deepEqual(log, []);
});

test("clear stops those that are still to come, and the timer", () => {
  const { runtime, deadlines, log } = setUp();
  deadlines.set("a", 100);
  deadlines.set("b", 200);
  runtime.advance(150);
  deadlines.clear();
  runtime.advance(1000);
  assert.deepEqual(log, ["a 100"]);
  assert.equal(runtime.scheduled, 0);
});

test("a timer that fires too early, as those of the system do, is asked again", () => {
  const log: string[] = [];
  let nowMs = 0;
  const tasks: (() => void)[] = [];
  const clock = {
    now: () => nowMs,
    after: (_: number, task: () => void) => {
      tasks.push(task);
      return { [Symbol.dispose]: () => {} };
    },
  };
  const deadlines = new Deadlines<string>(clock, { deadlinePassed: (name) => void log.push(name) });
  deadlines.set("idle", 100);
  nowMs = 99;
  tasks.shift()?.();
  assert.deepEqual(log, []);
  nowMs = 100;
  tasks.shift()?.();
  assert.deepEqual(log, ["idle"]);
});
