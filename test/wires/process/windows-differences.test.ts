import assert from "node:assert/strict";
import { test } from "node:test";
import { signalOf } from "../../../src/wires/_drivers/signals.ts";
import { checkProcessOptions } from "../../../src/wires/process/process-options.ts";

test("[CORE-353] what a process of Windows has none of is refused by name", () => {
  const code = "ERR_WIRE_UNSUPPORTED";
  for (const [wrong, message] of [
    [{ fds: { 3: "r" } }, /descriptor 3: on Windows it has 0, 1 and 2 alone/],
    [{ uid: 1 }, /a uid: Windows has none/],
    [{ gid: 1 }, /a gid: Windows has none/],
  ] as const) {
    const options = { command: "x", ...wrong };
    assert.throws(() => checkProcessOptions(options, "win32"), { code, message });
    assert.doesNotThrow(() => checkProcessOptions(options, "linux"));
  }
  assert.doesNotThrow(() => checkProcessOptions({ command: "x", fds: { 2: "r" } }, "win32"));
});

test("on Windows a signal that ends no process is refused, and not taken for one that does", () => {
  for (const signal of ["SIGTERM", "kill", "INT"]) {
    assert.equal(signalOf(signal, "win32"), signalOf(signal, "linux"));
  }
  assert.throws(() => signalOf("SIGHUP", "win32"), {
    code: "ERR_WIRE_UNSUPPORTED",
    message: /SIGHUP: Windows has none; there SIGINT, SIGKILL, SIGQUIT, SIGTERM end the process/,
  });
  assert.throws(() => signalOf("SIGNONE", "win32"), RangeError);
});
