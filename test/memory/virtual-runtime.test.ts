import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seededChance, VirtualRuntime } from "../../src/memory/index.ts";

describe("VirtualRuntime", () => {
  it("stands still until it is stepped", () => {
    const { runtime, log } = recording();
    runtime.turn.later(() => log.push("later"));
    runtime.clock.after(0, () => log.push("timer"));
    runtime.turn.atEnd({ depth: 0, endTurn: () => log.push("end") });
    assert.deepEqual(log, []);
    assert.equal(runtime.clock.now(), 0);
    assert.equal(runtime.scheduled, 3);
  });

  it("takes one task with the end of its turn in a step, topmost layer first", () => {
    const { runtime, log } = recording();
    runtime.turn.later(() => {
      log.push("task");
      runtime.turn.atEnd({ depth: 0, endTurn: () => log.push("bottom") });
      runtime.turn.atEnd({ depth: 2, endTurn: () => log.push("top") });
      runtime.turn.later(() => log.push("next task"));
    });
    assert.equal(runtime.step(), true);
    assert.deepEqual(log, ["task", "top", "bottom"]);
    assert.equal(runtime.step(), true);
    assert.equal(runtime.step(), false);
    assert.deepEqual(log, ["task", "top", "bottom", "next task"]);
  });

  it("ends a turn that the test itself began as a step of its own", () => {
    const { runtime, log } = recording();
    runtime.turn.atEnd({ depth: 0, endTurn: () => log.push("end") });
    runtime.turn.later(() => log.push("task"));
    runtime.step();
    assert.deepEqual(log, ["end"]);
  });

  it("jumps to the next timer when nothing else is due, and keeps the order of asking", () => {
    const { runtime, log } = recording();
    const at = (name: string) => () => log.push(`${name}@${runtime.clock.now()}`);
    runtime.clock.after(300_000, at("late"));
    runtime.clock.after(5, at("a"));
    runtime.clock.after(5, at("b"));
    runtime.turn.later(at("task"));
    runtime.clock.after(Infinity, at("never"));
    while (runtime.step());
    assert.deepEqual(log, ["task@0", "a@5", "b@5", "late@300000"]);
    assert.equal(runtime.scheduled, 0);
  });

  it("does not run a timer that was disposed of, not even one due at this moment", () => {
    const { runtime, log } = recording();
    const timers: Disposable[] = [];
    for (let index = 0; index < 50; index++) {
      timers.push(runtime.clock.after(index % 7, () => log.push(index)));
    }
    runtime.clock.after(0, () => {
      for (const timer of timers.slice(1)) timer[Symbol.dispose]();
    });
    timers[0]?.[Symbol.dispose]();
    runtime.advance(3);
    const ranBefore = [7, 14, 21, 28, 35, 42, 49];
    assert.deepEqual(log, ranBefore);
    assert.equal(runtime.scheduled, 0);
  });

  it("runs many timers in the order of their moments", () => {
    const { runtime, log } = recording();
    const chance = seededChance(11);
    for (let index = 0; index < 2000; index++) {
      const timer = runtime.clock.after(chance.below(500), () => log.push(runtime.clock.now()));
      if (chance.chance(0.3)) timer[Symbol.dispose]();
    }
    const expected = runtime.scheduled;
    while (runtime.step());
    assert.equal(log.length, expected);
    assert.deepEqual(
      log,
      [...log].sort((a, b) => Number(a) - Number(b)),
    );
  });

  it("advances exactly as far as asked", () => {
    const { runtime, log } = recording();
    runtime.clock.after(10, () => {
      log.push("ten");
      runtime.clock.after(10, () => log.push("twenty"));
      runtime.clock.after(11, () => log.push("twenty-one"));
    });
    runtime.advance(9);
    assert.deepEqual(log, []);
    runtime.advance(11);
    assert.deepEqual(log, ["ten", "twenty"]);
    assert.equal(runtime.clock.now(), 20);
    assert.throws(() => runtime.advance(-1), RangeError);
  });

  it("picks among timers of one moment by the seed, and never swaps tasks of later turns", () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const runtime = new VirtualRuntime({ chance: seededChance(seed) });
      const tasks: string[] = [];
      const timers: string[] = [];
      for (const name of ["a", "b", "c"]) {
        runtime.turn.later(() => tasks.push(name));
        runtime.clock.after(5, () => timers.push(name));
      }
      while (runtime.step());
      assert.deepEqual(tasks, ["a", "b", "c"]);
      orders.add(timers.join(""));
    }
    assert.equal(orders.size, 6);
  });

  it("lets a due timer go before or behind a task by the seed; without one, the task goes first", () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const runtime = new VirtualRuntime({ chance: seededChance(seed) });
      const order: string[] = [];
      runtime.clock.after(0, () => order.push("timer"));
      runtime.turn.later(() => order.push("task"));
      while (runtime.step());
      orders.add(order.join());
    }
    assert.deepEqual(orders, new Set(["timer,task", "task,timer"]));
  });

  it("says so when what is waited for can never come, or takes too many steps", () => {
    const { runtime } = recording();
    assert.throws(() => runtime.runUntil(() => false), /nothing is scheduled/);
    const again = (): void => runtime.turn.later(again);
    again();
    assert.throws(() => runtime.runUntil(() => false, { stepsMax: 10 }), /after 10 steps/);
    assert.throws(() => runtime.advance(1, { stepsMax: 10 }), /after 10 steps/);
  });

  it("refuses a step inside a step, which would end a turn that is going on", () => {
    const { runtime } = recording();
    let thrown: unknown;
    runtime.turn.later(() => {
      try {
        runtime.step();
      } catch (error) {
        thrown = error;
      }
    });
    runtime.step();
    assert.match(String(thrown), /Cannot step/);
  });

  it("goes on after a task that threw", () => {
    const { runtime, log } = recording();
    runtime.turn.later(() => {
      throw new Error("mine");
    });
    runtime.turn.later(() => log.push("next"));
    assert.throws(() => runtime.step(), /mine/);
    runtime.step();
    assert.deepEqual(log, ["next"]);
  });

  it("lets promise code run between a task and the end of its turn", async () => {
    const { runtime, log } = recording();
    runtime.turn.later(() => {
      runtime.turn.atEnd({ depth: 0, endTurn: () => log.push("end") });
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => log.push("promise"));
    });
    runtime.turn.later(() => log.push("next"));
    await runtime.run();
    assert.deepEqual(log, ["promise", "end", "next"]);
  });

  it("runs on while promise code schedules more, until all is done or the condition holds", async () => {
    const { runtime, log } = recording();
    const pause = (delayMs: number) =>
      new Promise<void>((resolve) => void runtime.clock.after(delayMs, resolve));
    void (async () => {
      for (let round = 1; round <= 3; round++) {
        await pause(1000);
        log.push(round);
      }
    })();
    await runtime.run(() => log.length === 2);
    assert.equal(runtime.clock.now(), 2000);
    await runtime.run();
    assert.deepEqual(log, [1, 2, 3]);
    await assert.rejects(
      runtime.run(() => false),
      /nothing is scheduled/,
    );
  });

  it("lets a stretch of time pass together with promise code", async () => {
    const { runtime, log } = recording();
    const tick = async (): Promise<void> => {
      for (;;) {
        await new Promise<void>((resolve) => void runtime.clock.after(10, resolve));
        log.push(runtime.clock.now());
      }
    };
    void tick();
    await runtime.runFor(35);
    assert.deepEqual(log, [10, 20, 30]);
    assert.equal(runtime.clock.now(), 35);
  });
});

function recording(): { readonly runtime: VirtualRuntime; readonly log: unknown[] } {
  return { runtime: new VirtualRuntime(), log: [] };
}
