import assert from "node:assert/strict";
import { test } from "node:test";
import { systemRuntime } from "../../src/flow/index.ts";
import { VirtualRuntime } from "../../src/memory/index.ts";
import { settleByTurns, settleVirtually } from "../../src/testing/index.ts";

test("settleByTurns asks between turns until the condition holds", async () => {
  let turns = 0;
  const { turn } = systemRuntime();
  const count = (): void => {
    if (++turns < 5) turn.later(count);
  };
  turn.later(count);
  await settleByTurns()(() => turns === 5);
  assert.equal(turns, 5);
});

test("settleByTurns rejects after its deadline, so that nobody waits for ever", async () => {
  const runtime = new VirtualRuntime();
  const waiting = settleByTurns(runtime, 1000)(() => false);
  waiting.catch(() => {});
  await runtime.runFor(2000);
  await assert.rejects(waiting, /did not happen within 1000 ms/);
});

test("settleVirtually reaches a limit of minutes without waiting for it", async () => {
  const runtime = new VirtualRuntime();
  let isPassed = false;
  runtime.clock.after(300_000, () => {
    isPassed = true;
  });
  await settleVirtually(runtime)(() => isPassed);
  assert.ok(runtime.clock.now() >= 300_000);
});

test("settleVirtually lets next to no time pass for a few turns", async () => {
  const runtime = new VirtualRuntime();
  let asked = 0;
  await settleVirtually(runtime)(() => asked++ > 16);
  assert.ok(runtime.clock.now() < 5, `${runtime.clock.now()} ms passed`);
});

test("settleVirtually rejects when nothing is left that could happen", async () => {
  await assert.rejects(
    settleVirtually(new VirtualRuntime())(() => false),
    /nothing is left/,
  );
});

test("settleVirtually rejects when timers go on for ever and the condition does not come", async () => {
  const runtime = new VirtualRuntime();
  const again = (): void => void runtime.clock.after(1e12, again);
  again();
  await assert.rejects(
    settleVirtually(runtime)(() => false),
    /however long one waits/,
  );
});
