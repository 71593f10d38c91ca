import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualRuntime } from "../../../src/memory/index.ts";
import { LastRound } from "../../../src/wires/_drivers/last-round.ts";

function begin(unreadBytes?: number): {
  readonly runtime: VirtualRuntime;
  readonly round: LastRound;
  readonly isDone: () => boolean;
} {
  const runtime = new VirtualRuntime();
  let isDone = false;
  const round = new LastRound(runtime.clock, () => (isDone = true), unreadBytes);
  round.resumed();
  return { runtime, round, isDone: () => isDone };
}

test("is over with the last byte that was there, however long that takes, where it is known", () => {
  const { runtime, round, isDone } = begin(1000);
  round.received(600);
  runtime.advance(3_600_000);
  assert.ok(!isDone());
  round.received(400);
  assert.ok(isDone());
});

test("is over when nothing came for a moment of reading, where it is not known", () => {
  const { runtime, round, isDone } = begin();
  runtime.advance(99);
  round.received(1000);
  runtime.advance(99);
  round.paused();
  runtime.advance(1000);
  assert.ok(!isDone());
  round.resumed();
  runtime.advance(100);
  assert.ok(isDone());
});

test("is over when more came than can have been under way, of a writer that never ends", () => {
  const { round, isDone } = begin();
  for (let chunks = 0; chunks < 32; chunks++) round.received(64 * 1024);
  assert.ok(isDone());
});
