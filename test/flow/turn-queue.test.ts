import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndOfTurn } from "../../src/contract/index.ts";
import { TurnQueue } from "../../src/flow/turn-queue.ts";

/** A turn queue whose two schedules are run by hand. */
class ByHand {
  readonly ends: (() => void)[] = [];
  readonly laters: (() => void)[] = [];
  readonly queue: TurnQueue = new TurnQueue(
    (task) => void this.ends.push(task),
    (task) => void this.laters.push(task),
  );
  readonly log: string[] = [];

  work(name: string, depth: number, also: () => void = () => {}): EndOfTurn {
    return {
      depth,
      endTurn: () => {
        this.log.push(name);
        also();
      },
    };
  }
}

test("the topmost layer goes first, whatever the order of asking", () => {
  const hand = new ByHand();
  for (const depth of [0, 2, 1, 2, 0]) hand.queue.atEnd(hand.work(`depth ${depth}`, depth));
  hand.ends.shift()?.();
  assert.deepEqual(hand.log, ["depth 2", "depth 2", "depth 1", "depth 0", "depth 0"]);
});

test("a stack of layers costs one turn: what is asked of the one beneath comes in it", () => {
  const hand = new ByHand();
  const wire = hand.work("wire", 0);
  const lower = hand.work("lower", 1, () => hand.queue.atEnd(wire));
  const upper = hand.work("upper", 2, () => hand.queue.atEnd(lower));
  hand.queue.atEnd(upper);
  hand.ends.shift()?.();
  assert.deepEqual(hand.log, ["upper", "lower", "wire"]);
  assert.equal(hand.ends.length + hand.laters.length, 0, "another turn was asked for");
});

test("a layer above that asks again goes before a layer beneath", () => {
  const hand = new ByHand();
  let isAsked = false;
  const upper: EndOfTurn = hand.work("upper", 1, () => {
    if (isAsked) return;
    isAsked = true;
    hand.queue.atEnd(hand.work("lower", 0));
    hand.queue.atEnd(upper);
  });
  hand.queue.atEnd(upper);
  hand.ends.shift()?.();
  assert.deepEqual(hand.log, ["upper", "upper", "lower"]);
});

test("work that always asks for more waits for a later turn in the end", () => {
  const hand = new ByHand();
  const endless: EndOfTurn = hand.work("again", 0, () => hand.queue.atEnd(endless));
  hand.queue.atEnd(endless);
  hand.ends.shift()?.();
  assert.equal(hand.log.length, 64);
  assert.equal(hand.laters.length, 1);
  hand.laters.shift()?.();
  assert.equal(hand.log.length, 128);
});

test("work asked for after the end of a turn gets an end of its own", () => {
  const hand = new ByHand();
  hand.queue.atEnd(hand.work("first", 0));
  hand.ends.shift()?.();
  hand.queue.atEnd(hand.work("second", 0));
  assert.equal(hand.ends.length, 1);
  hand.ends.shift()?.();
  assert.deepEqual(hand.log, ["first", "second"]);
});

test("later tasks keep the order of asking; one asked for inside another comes later", () => {
  const hand = new ByHand();
  hand.queue.later(() => {
    hand.log.push("a");
    hand.queue.later(() => void hand.log.push("c"));
  });
  hand.queue.later(() => void hand.log.push("b"));
  hand.laters.shift()?.();
  assert.deepEqual(hand.log, ["a", "b"]);
  hand.laters.shift()?.();
  assert.deepEqual(hand.log, ["a", "b", "c"]);
});

test("what one end of turn throws takes no other connection's with it", () => {
  const hand = new ByHand();
  const broken = hand.work("broken", 0, () => {
    throw new Error("thrown at the end of a turn");
  });
  hand.queue.atEnd(hand.work("first", 0));
  hand.queue.atEnd(broken);
  hand.queue.atEnd(hand.work("last", 0));
  assert.throws(() => hand.ends.shift()?.(), /thrown at the end/);
  for (const task of [...hand.laters.splice(0), ...hand.ends.splice(0)]) task();
  assert.deepEqual(hand.log, ["first", "broken", "last"]);
  hand.queue.atEnd(hand.work("after", 0));
  for (const task of [...hand.ends.splice(0), ...hand.laters.splice(0)]) task();
  assert.equal(hand.log.at(-1), "after");
});

test("what one later task throws takes no other task with it", () => {
  const hand = new ByHand();
  hand.queue.later(() => {
    throw new Error("thrown in a later turn");
  });
  hand.queue.later(() => void hand.log.push("second"));
  assert.throws(() => hand.laters.shift()?.(), /thrown in a later turn/);
  while (hand.laters.length > 0) hand.laters.shift()?.();
  hand.queue.later(() => void hand.log.push("third"));
  while (hand.laters.length > 0) hand.laters.shift()?.();
  assert.deepEqual(hand.log, ["second", "third"]);
});

test("a turn that somebody ends schedules nothing, and runs what became due in it", () => {
  const hand = new ByHand();
  const end = hand.queue.begin();
  hand.queue.atEnd(hand.work("in the turn", 0));
  assert.deepEqual([hand.ends.length, hand.log], [0, []]);
  assert.equal(hand.queue.begin(), null);
  end?.();
  assert.deepEqual(hand.log, ["in the turn"]);
  hand.queue.atEnd(hand.work("behind it", 0));
  assert.equal(hand.queue.begin(), null);
  hand.ends.shift()?.();
  assert.deepEqual(hand.log, ["in the turn", "behind it"]);
});

test("a turn that was begun ends before anything of a later one, and once", () => {
  const hand = new ByHand();
  hand.queue.later(() => void hand.log.push("later"));
  const end = hand.queue.begin();
  hand.queue.atEnd(hand.work("end", 0));
  assert.deepEqual([hand.ends.length, hand.queue.begin()], [0, null]);
  hand.laters.shift()?.();
  assert.deepEqual(hand.log, ["end", "later"]);
  hand.queue.atEnd(hand.work("next", 0));
  end?.();
  assert.deepEqual(hand.log, ["end", "later"], "the end of an earlier turn ended this one");
  hand.ends.shift()?.();
  assert.deepEqual(hand.log, ["end", "later", "next"]);
});
