import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { isBytes } from "../../src/contract/index.ts";

test("bytes are every Uint8Array: a Buffer, one of another realm; and nothing else is", () => {
  assert.ok(isBytes(new Uint8Array(1)));
  assert.ok(isBytes(Buffer.from("x")));
  assert.ok(isBytes(runInNewContext("new Uint8Array(1)")));
  const others = [new Uint16Array(1), new ArrayBuffer(1), new DataView(new ArrayBuffer(1))];
  for (const other of [...others, "x", [1], null, undefined, 1, {}]) assert.ok(!isBytes(other));
});
