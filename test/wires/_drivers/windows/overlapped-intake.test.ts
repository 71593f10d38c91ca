import assert from "node:assert/strict";
import { test } from "node:test";
import { CompletionPort } from "../../../../src/wires/_drivers/windows/completion-port.ts";
import { OverlappedHandle } from "../../../../src/wires/_drivers/windows/overlapped-handle.ts";
import { OverlappedIntake } from "../../../../src/wires/_drivers/windows/overlapped-intake.ts";
import type { HandleFacts } from "../../../../src/wires/_drivers/windows/windows-calls.ts";
import { FakeWindows, PIPE } from "./fake-windows.ts";

const FILE: HandleFacts = { ...PIPE, kind: "file" };

function scene(facts: HandleFacts = PIPE): {
  readonly windows: FakeWindows;
  readonly intake: OverlappedIntake;
  readonly told: unknown[];
} {
  const windows = new FakeWindows();
  const told: unknown[] = [];
  const handle = new OverlappedHandle(7, facts, new CompletionPort(windows), false);
  const intake = new OverlappedIntake(handle, {
    received: (chunk) => told.push([...chunk]),
    ended: () => told.push("ended"),
    failed: (error) => told.push(error),
  });
  return { windows, intake, told };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("[CORE-131] nothing is read before it is asked for, and one read at a time is in flight", () => {
  const { windows, intake, told } = scene();
  assert.equal(windows.begun.length, 0);
  intake.read();
  intake.read();
  assert.equal(windows.begun.length, 1);
  windows.at(0).memory.set([5, 6]);
  windows.complete({ one: windows.at(0), byteCount: 2 });
  assert.deepEqual(told, [[5, 6]]);
  assert.equal(windows.begun.length, 1, "the next one is begun ahead");
});

test("[CORE-127] the buffer grows while reads fill it, and shrinks again", () => {
  const { windows, intake } = scene();
  intake.read();
  const sizes: number[] = [];
  for (let count = 0; count < 6; count++) {
    const size = windows.at(0).memory.length;
    sizes.push(size);
    windows.complete({ one: windows.at(0), byteCount: size });
  }
  assert.deepEqual(sizes, [4096, 8192, 16384, 32768, 65536, 65536]);
  windows.complete({ one: windows.at(0), byteCount: 1 });
  assert.equal(windows.at(0).memory.length, 32768);
});

test("[CORE-130] paused, what a read in flight brings is not lost, and no other is begun", () => {
  const { windows, intake, told } = scene();
  intake.read();
  intake.pause();
  windows.complete({ one: windows.at(0), byteCount: 1 });
  assert.deepEqual(told, [[0]]);
  assert.equal(windows.begun.length, 0);
});

for (const [name, facts, error] of [
  ["ERROR_BROKEN_PIPE on a pipe", PIPE, 109],
  ["ERROR_PIPE_NOT_CONNECTED on a pipe", PIPE, 233],
  ["ERROR_HANDLE_EOF on a file", FILE, 38],
  ["nothing at all from a file", FILE, 0],
] as const) {
  test(`[CORE-135] ${name} is the end`, () => {
    const { windows, intake, told } = scene(facts);
    intake.read();
    windows.complete({ one: windows.at(0), byteCount: 0, error });
    assert.deepEqual(told, ["ended"]);
    assert.equal(windows.begun.length, 0);
  });
}

test("somebody who writes nothing to a pipe does not end it", () => {
  const { windows, intake, told } = scene();
  intake.read();
  windows.complete({ one: windows.at(0), byteCount: 0 });
  assert.deepEqual(told, []);
  assert.equal(windows.begun.length, 1);
});

test("a message that is longer than the buffer comes in parts", () => {
  const { windows, intake, told } = scene();
  intake.read();
  windows.complete({ one: windows.at(0), byteCount: 2, error: 234 });
  assert.deepEqual(told, [[0, 0]]);
  assert.equal(windows.begun.length, 1);
});

test("[CORE-136] any other error is told with its direction, its name and its number", () => {
  const { windows, intake, told } = scene();
  intake.read();
  windows.complete({ one: windows.at(0), byteCount: 0, error: 1117 });
  const [error] = told as NodeJS.ErrnoException[];
  assert.equal(error?.message, "ReadFile: ERROR_IO_DEVICE (1117)");
  assert.equal(error?.errno, 1117);
});

test("a file is read on from where the last read ended", () => {
  const { windows, intake } = scene(FILE);
  intake.read();
  windows.complete({ one: windows.at(0), byteCount: 100 });
  windows.complete({ one: windows.at(0), byteCount: 20 });
  assert.equal(windows.at(0).at, 120);
});

test("[CORE-137] letting go waits for the read that it cancels, and tells nothing of it", async () => {
  const { windows, intake, told } = scene();
  intake.read();
  const one = windows.at(0);
  let isDone = false;
  intake.close(() => {
    isDone = true;
  });
  await nextTurn();
  assert.deepEqual([windows.cancelled, isDone], [[one.slot], false]);
  windows.complete({ one, byteCount: 9 });
  await nextTurn();
  assert.deepEqual([isDone, windows.closed, told], [true, [7], []]);
});

test("with nothing in flight nobody waits, so that an idle handle holds neither thread nor process", () => {
  const { windows, intake } = scene();
  assert.equal(windows.isWaiting, false);
  intake.read();
  assert.equal(windows.isWaiting, true);
  windows.wake();
  assert.equal(windows.isWaiting, true, "it waits on after a bounded wait");
  intake.pause();
  windows.complete({ one: windows.at(0), byteCount: 1 });
  assert.equal(windows.isWaiting, false);
});
