import assert from "node:assert/strict";
import { test } from "node:test";
import { isWireError } from "../../../../src/contract/index.ts";
import { CompletionPort } from "../../../../src/wires/_drivers/windows/completion-port.ts";
import type { KoffiFunction } from "../../../../src/wires/_drivers/windows/koffi.ts";
import { loadKoffi } from "../../../../src/wires/_drivers/windows/koffi.ts";
import { Overlappeds } from "../../../../src/wires/_drivers/windows/overlappeds.ts";
import { SystemCalls } from "../../../../src/wires/_drivers/windows/system-calls.ts";
import { descriptor } from "../../../../src/wires/descriptor/index.ts";
import { overlappedHandles } from "../../../../src/wires/descriptor/overlapped.ts";
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
  const missing = Object.assign(new Error("Cannot find module"), { code: "MODULE_NOT_FOUND" });
  const require = (): never => {
    throw missing;
  };
  refused(() => loadKoffi("win32", "x64", require), {
    code: "ERR_WIRE_MISSING_PEER",
    message: /^Cannot use an overlapped handle: run `npm install koffi`$/,
    cause: missing,
  });
  assert.throws(() => loadKoffi("win32", "ia32", require), { code: "ERR_WIRE_UNSUPPORTED" });
});

test("a koffi that is installed and does not load is said to be that", () => {
  const broken = Object.assign(new Error("not a valid Win32 application"), {
    code: "ERR_DLOPEN_FAILED",
  });
  const require = (): never => {
    throw broken;
  };
  refused(() => loadKoffi("win32", "x64", require), {
    code: "ERR_WIRE_MISSING_PEER",
    message: /: koffi is installed, and does not work here: not a valid Win32 application$/,
    cause: broken,
  });
});

test("a koffi that binds otherwise is said not to work", () => {
  const unlike = new TypeError("Unexpected type name");
  const bind = (): never => {
    throw unlike;
  };
  refused(() => new SystemCalls({ load: () => ({ func: bind }), address: () => 0n }), {
    code: "ERR_WIRE_MISSING_PEER",
    message: /: koffi is installed, and does not work here: Unexpected type name$/,
    cause: unlike,
  });
});

test("where Windows gives no completion port, its error is told", () => {
  const func = (signature: string): KoffiFunction => {
    const answer = (): number => (signature.includes("GetLastError") ? 1450 : 0);
    return Object.assign(answer, { async: () => undefined });
  };
  refused(() => new SystemCalls({ load: () => ({ func }), address: () => 0n }), {
    code: "ERR_WIRE_REFUSED",
    message: /: Windows gives no completion port \(ERROR_NO_SYSTEM_RESOURCES\)$/,
    cause: { errno: 1450, syscall: "CreateIoCompletionPort" },
  });
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
    assert.throws(overlappedHandles({ input: 7, output: 9 }, port), (error: unknown) => {
      assert.ok(isWireError(error));
      assert.equal(error.code, code);
      assert.match(error.message.replace("handle:7,9", "handle:7"), words);
      return true;
    });
    assert.deepEqual(windows.attached, []);
  });
}

test("one that another completion port has is refused with the error of Windows", () => {
  const windows = new FakeWindows();
  windows.handles.set(7, PIPE);
  windows.ports.add(7);
  const connect = overlappedHandles({ fd: 7, shared: true }, new CompletionPort(windows));
  for (let time = 0; time < 2; time++) {
    assert.throws(connect, (error: unknown) => {
      assert.ok(isWireError(error) && error.cause instanceof Error);
      assert.match(error.message, /it has a completion port: not ours, or ours by another desc/);
      assert.equal(Reflect.get(error.cause.cause as object, "errno"), 87);
      return true;
    });
  }
});

test("shared handles are connected again by the one that attached them, and by no other", () => {
  const windows = new FakeWindows();
  for (const handle of [7, 8]) windows.handles.set(handle, PIPE);
  const port = new CompletionPort(windows);
  const connect = overlappedHandles({ input: 7, output: 8, shared: true }, port);
  connect();
  connect();
  assert.deepEqual(windows.attached, [7, 8]);
  assert.throws(overlappedHandles({ fd: 7 }, port), { code: "ERR_WIRE_REFUSED" });
  windows.close(7);
  connect();
  assert.deepEqual(windows.attached, [7, 8, 7], "a new handle of an old number is attached");
});

test("handles that were refused together are taken when the one at fault is mended", () => {
  const windows = new FakeWindows();
  for (const handle of [7, 8]) windows.handles.set(handle, PIPE);
  windows.ports.add(8);
  const connect = overlappedHandles({ input: 7, output: 8 }, new CompletionPort(windows));
  assert.throws(connect, { code: "ERR_WIRE_REFUSED" });
  assert.deepEqual([windows.attached, windows.closed], [[7], []]);
  windows.ports.delete(8);
  connect();
  assert.deepEqual(windows.attached, [7, 8]);
});

test("the number of a handle that was closed with its connection is nobody's any more", () => {
  const windows = new FakeWindows();
  windows.handles.set(7, PIPE);
  const connect = overlappedHandles({ fd: 7 }, new CompletionPort(windows));
  connect();
  // As a pipe of Node's own would be.
  windows.close(7);
  windows.ports.add(7);
  assert.throws(connect, { code: "ERR_WIRE_REFUSED" });
});

test("a pipe that goes both ways has no end of one way, and two pipes have", () => {
  const windows = new FakeWindows();
  for (const handle of [7, 8, 9]) windows.handles.set(handle, PIPE);
  const port = new CompletionPort(windows);
  assert.equal(overlappedHandles({ fd: 7 }, port)().capabilities.has("halfClose"), false);
  const two = overlappedHandles({ input: 8, output: 9 }, port)();
  assert.equal(two.capabilities.has("halfClose"), true);
  assert.deepEqual(windows.attached, [7, 8, 9], "each once");
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

/** What a caller is told, and what it is caused by. */
function refused(
  call: () => unknown,
  { code, message, cause }: { code: string; message: RegExp; cause: object },
): void {
  assert.throws(call, (error: unknown) => {
    assert.ok(isWireError(error), String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    if (cause instanceof Error) assert.equal(error.cause, cause);
    const facts = Object.keys(cause).map((key) => [key, Reflect.get(error.cause as object, key)]);
    assert.deepEqual(Object.fromEntries(facts), { ...cause });
    return true;
  });
}
