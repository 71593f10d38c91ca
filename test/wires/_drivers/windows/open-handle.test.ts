import assert from "node:assert/strict";
import { test } from "node:test";
import { isWireError } from "../../../../src/contract/index.ts";
import { CompletionPort } from "../../../../src/wires/_drivers/windows/completion-port.ts";
import { loadKoffi } from "../../../../src/wires/_drivers/windows/koffi.ts";
import { Overlappeds } from "../../../../src/wires/_drivers/windows/overlappeds.ts";
import { descriptor } from "../../../../src/wires/descriptor/index.ts";
import { prepareHandles } from "../../../../src/wires/descriptor/overlapped.ts";
import { pipe } from "../../../../src/wires/pipe/index.ts";
import { FakeWindows, PIPE } from "./fake-windows.ts";

const isHere = process.platform === "win32";

test("elsewhere overlapped handles and named pipes are refused by name", { skip: isHere }, () => {
  assert.throws(() => descriptor({ fd: 3, overlapped: true }), {
    code: "ERR_WIRE_UNSUPPORTED",
    message: "Cannot use an overlapped handle: there are none but on Windows",
  });
  assert.throws(() => pipe({ name: "app" }), {
    code: "ERR_WIRE_UNSUPPORTED",
    message: "Cannot use pipe:app: named pipes are of Windows; use unix here",
  });
});

test("without koffi the refusal says what to install, and keeps what went wrong", () => {
  const missing = new Error("Cannot find module");
  const require = (): never => {
    throw missing;
  };
  assert.throws(
    () => loadKoffi("win32", "x64", require),
    (error: unknown) => {
      assert.ok(isWireError(error));
      assert.equal(error.code, "ERR_WIRE_MISSING_PEER");
      assert.equal(error.message, "Cannot use an overlapped handle: run `npm install koffi`");
      assert.equal(error.cause, missing);
      return true;
    },
  );
  assert.throws(() => loadKoffi("win32", "ia32", require), { code: "ERR_WIRE_UNSUPPORTED" });
});

for (const [name, facts, code, words] of [
  ["a handle that is not open", undefined, "ERR_WIRE_REFUSED", /handle:7: handle 7 is not open/],
  ["a socket", { ...PIPE, kind: "socket" }, "ERR_WIRE_UNSUPPORTED", /use tcp/],
  ["one that blocks", { ...PIPE, isOverlapped: false }, "ERR_WIRE_UNSUPPORTED", /OVERLAPPED/],
  ["one that cannot be read", { ...PIPE, reads: false }, "ERR_WIRE_PERMISSION", /to be read/],
] as const) {
  test(`${name} is refused before anything is attached`, () => {
    const windows = new FakeWindows();
    windows.handles.set(9, { ...PIPE, reads: false });
    if (facts !== undefined) windows.handles.set(7, facts);
    const port = new CompletionPort(windows);
    assert.throws(
      () => prepareHandles({ input: 7, output: 9 }, port),
      (error: unknown) => {
        assert.ok(isWireError(error));
        assert.equal(error.code, code);
        assert.match(error.message.replace("handle:7,9", "handle:7"), words);
        return true;
      },
    );
    assert.deepEqual(windows.attached, []);
  });
}

test("one that another completion port has is refused with the error of Windows", () => {
  const windows = new FakeWindows();
  windows.handles.set(7, PIPE);
  windows.attachError = 87;
  assert.throws(
    () => prepareHandles({ fd: 7 }, new CompletionPort(windows)),
    (error: unknown) => {
      assert.ok(isWireError(error) && error.cause instanceof Error);
      assert.match(error.message, /another completion port has it/);
      assert.equal(Reflect.get(error.cause.cause as object, "errno"), 87);
      return true;
    },
  );
});

test("a pipe that goes both ways has no end of one way, and two pipes have", () => {
  const windows = new FakeWindows();
  for (const handle of [7, 8]) windows.handles.set(handle, PIPE);
  const port = new CompletionPort(windows);
  assert.equal(prepareHandles({ fd: 7 }, port).capabilities.has("halfClose"), false);
  const two = prepareHandles({ input: 7, output: 8 }, port);
  assert.equal(two.capabilities.has("halfClose"), true);
  assert.deepEqual(windows.attached, [7, 7, 8], "each once for each connection");
});

test("an operation's structure has its place in the file, and is found by its address", () => {
  const blocks: Uint8Array[] = [];
  const overlappeds = new Overlappeds((memory) => {
    blocks.push(memory);
    return 0x10000 * blocks.length;
  });
  const address = overlappeds.prepare(200, 5 * 2 ** 32 + 3);
  assert.equal(address, 0x20000 + 72 * 32, "the second block of 128");
  assert.equal(overlappeds.slotAt(address), 200);
  const words = new DataView(blocks[1]?.buffer ?? new ArrayBuffer(0), 72 * 32);
  assert.deepEqual([words.getUint32(16, true), words.getUint32(20, true)], [3, 5]);
  overlappeds.prepare(200, "end");
  assert.deepEqual(
    [words.getUint32(16, true), words.getUint32(20, true)],
    [2 ** 32 - 1, 2 ** 32 - 1],
  );
  assert.equal(overlappeds.slotAt(1), undefined);
});
