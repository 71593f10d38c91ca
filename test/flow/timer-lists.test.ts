import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { TimerLists } from "../../src/flow/timer-lists.ts";

/** Lists on a clock that is moved by hand. */
class ByHand {
  readonly log: string[] = [];
  readonly lists: TimerLists = new TimerLists(
    () => this.#now,
    (task, delayMs) => setTimeout(task, delayMs),
  );
  readonly #context: TestContext;
  #now = 0;

  constructor(context: TestContext) {
    this.#context = context;
    context.mock.timers.enable({ apis: ["setTimeout"] });
  }

  after(delayMs: number, name: string): Disposable {
    return this.lists.after(delayMs, () => void this.log.push(name));
  }

  pass(delayMs: number): void {
    this.#now += delayMs;
    this.#context.mock.timers.tick(delayMs);
  }
}

test("each is called when its delay has passed, in the order in which they are due", (t) => {
  const hand = new ByHand(t);
  hand.after(20, "late");
  hand.after(10, "first");
  hand.pass(5);
  hand.after(10, "second");
  hand.pass(4);
  assert.deepEqual(hand.log, []);
  hand.pass(1);
  assert.deepEqual(hand.log, ["first"]);
  hand.pass(5);
  assert.deepEqual(hand.log, ["first", "second"]);
  hand.pass(5);
  assert.deepEqual(hand.log, ["first", "second", "late"]);
});

test("a system whose timers are early calls none early", (t) => {
  const hand = new ByHand(t);
  hand.after(10, "task");
  t.mock.timers.tick(10);
  assert.deepEqual(hand.log, []);
  hand.pass(10);
  assert.deepEqual(hand.log, ["task"]);
});

test("what is taken back is not called, whether first, between others, or last", (t) => {
  const hand = new ByHand(t);
  const names = ["a", "b", "c", "d", "e"];
  const timers = names.map((name) => hand.after(10, name));
  for (const index of [0, 2, 4]) timers[index]?.[Symbol.dispose]();
  hand.pass(10);
  assert.deepEqual(hand.log, ["b", "d"]);
  for (const timer of timers) timer[Symbol.dispose]();
  hand.after(10, "again");
  hand.pass(10);
  assert.deepEqual(hand.log, ["b", "d", "again"]);
});

test("one that is due with another can take it back", (t) => {
  const hand = new ByHand(t);
  const first = hand.lists.after(10, () => second[Symbol.dispose]());
  const second = hand.after(10, "second");
  hand.pass(10);
  assert.deepEqual(hand.log, []);
  first[Symbol.dispose]();
});

test("one that is asked for again while it is called makes no other late", (t) => {
  const hand = new ByHand(t);
  const again = (): void => {
    hand.log.push("again");
    hand.lists.after(300, again);
  };
  hand.lists.after(300, again);
  hand.pass(20);
  hand.after(300, "other");
  hand.pass(280);
  hand.pass(20);
  assert.deepEqual(hand.log, ["again", "other"]);
  hand.pass(280);
  assert.deepEqual(hand.log, ["again", "other", "again"]);
});

test("no delay is too long: for ever never comes, a month comes after a month", (t) => {
  const hand = new ByHand(t);
  const dayMs = 24 * 3600 * 1000;
  hand.after(Infinity, "for ever");
  hand.after(30 * dayMs, "a month");
  for (let day = 1; day < 30; day++) hand.pass(dayMs);
  assert.deepEqual(hand.log, []);
  hand.pass(dayMs);
  assert.deepEqual(hand.log, ["a month"]);
});

test("when one throws, those behind it are called all the same", (t) => {
  const hand = new ByHand(t);
  hand.lists.after(10, () => {
    throw new Error("a task");
  });
  hand.after(10, "behind");
  assert.throws(() => hand.pass(10), /a task/);
  hand.pass(1);
  assert.deepEqual(hand.log, ["behind"]);
});

test("a process stays for a timer, and not for one that was taken back", () => {
  const module = new URL("../../src/flow/timer-lists.js", import.meta.url).href;
  const script = `
    import { TimerLists } from ${JSON.stringify(module)};
    const lists = new TimerLists(() => performance.now(), setTimeout);
    lists.after(60_000, () => console.log("late"))[Symbol.dispose]();
    const again = lists.after(60_000, () => console.log("late"));
    lists.after(1, () => {
      console.log("soon");
      again[Symbol.dispose]();
    });`;
  const ran = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    timeout: 50_000,
  });
  assert.deepEqual([ran.stdout, ran.status], ["soon\n", 0]);
});
