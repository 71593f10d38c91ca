import assert from "node:assert/strict";
import { test } from "node:test";
import { CompletionPort } from "../../../../src/wires/_drivers/windows/completion-port.ts";
import { OverlappedHandle } from "../../../../src/wires/_drivers/windows/overlapped-handle.ts";
import { OverlappedOutlet } from "../../../../src/wires/_drivers/windows/overlapped-outlet.ts";
import type { HandleFacts } from "../../../../src/wires/_drivers/windows/windows-calls.ts";
import { FakeWindows, PIPE } from "./fake-windows.ts";

const FILE: HandleFacts = { ...PIPE, kind: "file", reads: false };
const PIECE = 64 * 1024;

function scene(facts: HandleFacts = PIPE): {
  readonly windows: FakeWindows;
  readonly outlet: OverlappedOutlet;
  readonly told: unknown[];
} {
  const windows = new FakeWindows();
  const told: unknown[] = [];
  const handle = new OverlappedHandle(7, facts, new CompletionPort(windows), false);
  const outlet = new OverlappedOutlet(handle, {
    sent: (byteCount) => told.push(byteCount),
    ended: () => told.push("ended"),
    failed: (error) => told.push(error),
  });
  return { windows, outlet, told };
}

const pieces = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => new Uint8Array(PIECE).fill(index));

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("writes that are over in another order are counted in the order of their bytes", () => {
  const { windows, outlet, told } = scene();
  outlet.send(pieces(3));
  const [first, second, third] = [windows.at(0), windows.at(1), windows.at(2)];
  assert.deepEqual(
    windows.begun.map(({ memory }) => memory[0]),
    [0, 1, 2],
    "begun in order",
  );
  windows.complete({ one: third, byteCount: PIECE });
  windows.complete({ one: second, byteCount: PIECE });
  assert.deepEqual(told, [], "the first is still on its way");
  windows.complete({ one: first, byteCount: PIECE });
  assert.deepEqual(told, [PIECE, PIECE, PIECE]);
});

test("no more than a few writes are in flight, and the next begins when one is over", () => {
  const { windows, outlet, told } = scene();
  outlet.send(pieces(6));
  assert.equal(windows.begun.length, 4);
  windows.complete({ one: windows.at(0), byteCount: PIECE });
  assert.equal(windows.begun.length, 4);
  assert.equal(windows.at(3).memory[0], 4, "the fifth piece follows the fourth");
  assert.deepEqual(told, [PIECE]);
});

test("what a file did not take of a piece is written at its place, and nothing is lost", () => {
  const { windows, outlet, told } = scene(FILE);
  outlet.send(pieces(2));
  const second = windows.at(1);
  assert.deepEqual([windows.at(0).at, second.at], [0, PIECE]);
  windows.complete({ one: windows.at(0), byteCount: 1000 });
  const rest = windows.at(1);
  assert.deepEqual([rest.at, rest.memory.length], [1000, PIECE - 1000]);
  windows.complete({ one: second, byteCount: PIECE }, { one: rest, byteCount: PIECE - 1000 });
  assert.deepEqual(told, [1000, PIECE - 1000, PIECE]);
});

test("what a pipe did not take of its only piece follows", () => {
  const { windows, outlet, told } = scene();
  outlet.send([new Uint8Array(10)]);
  windows.complete({ one: windows.at(0), byteCount: 4 });
  assert.equal(windows.at(0).memory.length, 6);
  windows.complete({ one: windows.at(0), byteCount: 6 });
  assert.deepEqual(told, [4, 6]);
});

test("a gap in a pipe is a failure, and nothing behind it counts as sent", () => {
  const { windows, outlet, told } = scene();
  outlet.send(pieces(2));
  const second = windows.at(1);
  windows.complete({ one: second, byteCount: PIECE }, { one: windows.at(0), byteCount: 5 });
  assert.equal(told[0], 5);
  assert.equal(told.length, 2);
  assert.equal((told[1] as NodeJS.ErrnoException).code, "ERROR_WRITE_FAULT");
});

test("a reader that is gone is an end, with an exact count of what it was sent", () => {
  const { windows, outlet, told } = scene();
  outlet.send(pieces(3));
  const [first, second, third] = [windows.at(0), windows.at(1), windows.at(2)];
  windows.complete({ one: first, byteCount: PIECE }, { one: second, byteCount: 0, error: 232 });
  assert.deepEqual(told, [PIECE, "ended"]);
  assert.deepEqual(windows.cancelled, [third.slot], "what is left is taken back");
});

test("a failure is told with the name and the number that Windows has for it", () => {
  const { windows, outlet, told } = scene();
  outlet.send([new Uint8Array(3)]);
  windows.complete({ one: windows.at(0), byteCount: 0, error: 112 });
  const [error] = told as NodeJS.ErrnoException[];
  assert.equal(error?.code, "ERROR_DISK_FULL");
  assert.equal(error?.errno, 112);
  assert.equal(error?.message, "WriteFile: ERROR_DISK_FULL (112)");
});

test("a write that is refused at once is told in a later turn", async () => {
  const { windows, outlet, told } = scene();
  windows.beginError = 1450;
  outlet.send([new Uint8Array(3)]);
  assert.equal(told.length, 0);
  await nextTurn();
  assert.equal((told[0] as NodeJS.ErrnoException).code, "ERROR_NO_SYSTEM_RESOURCES");
});

test("letting go cancels what is in flight, counts what went out, and only then closes", async () => {
  const { windows, outlet, told } = scene();
  outlet.send(pieces(3));
  const [first, second, third] = [windows.at(0), windows.at(1), windows.at(2)];
  let isDone = false;
  outlet.close(() => {
    isDone = true;
  });
  assert.deepEqual(
    windows.cancelled,
    [first, second, third].map(({ slot }) => slot),
  );
  windows.complete({ one: first, byteCount: PIECE }, { one: second, byteCount: 100, error: 995 });
  await nextTurn();
  assert.deepEqual([isDone, windows.closed], [false, []], "the system still has a buffer");
  windows.complete({ one: third, byteCount: 0, error: 995 });
  await nextTurn();
  assert.deepEqual([isDone, windows.closed], [true, [7]]);
  assert.deepEqual(told, [PIECE, 100], "to the byte, and no failure");
});

test("an end closes the handle, so that whoever reads sees it", async () => {
  const { windows, outlet, told } = scene();
  outlet.end();
  await nextTurn();
  assert.deepEqual([told, windows.closed], [["ended"], [7]]);
  let isDone = false;
  outlet.close(() => {
    isDone = true;
  });
  await nextTurn();
  assert.deepEqual([isDone, windows.closed], [true, [7]], "closed once");
});

test("what appends has one write in flight, at the end", () => {
  const { windows, outlet } = scene({ ...FILE, appends: true });
  outlet.send(pieces(2));
  assert.deepEqual(
    windows.begun.map(({ at }) => at),
    ["end"],
  );
});

test("small chunks leave together, and a large one in pieces", () => {
  const { windows, outlet } = scene();
  outlet.send([Uint8Array.of(1), Uint8Array.of(2, 3), new Uint8Array(PIECE + 1)]);
  assert.deepEqual(
    windows.begun.map(({ memory }) => memory.length),
    [3, PIECE, 1],
  );
  assert.deepEqual([...windows.at(0).memory], [1, 2, 3]);
});
