import assert from "node:assert/strict";
import { test } from "node:test";
import { systemRuntime } from "../../src/flow/index.ts";
import { join } from "../../src/join/index.ts";
import { childProcess } from "../../src/wires/process/index.ts";
import { Recorder } from "./recorder.ts";
import { ScriptedWire } from "./scripted-wire.ts";

const options = process.platform === "win32" ? { skip: "no POSIX programs here" } : {};

test(
  "a child whose output nobody takes any more meets a broken pipe, and ends",
  options,
  async () => {
    const printing = new Recorder();
    const left = new ScriptedWire(printing, systemRuntime(), ["abort", "halfClose"]);
    const isCarried = new Promise<void>((resolve) => (left.onSend = resolve));
    // It prints for ever, and only a broken pipe ends it.
    const yes = childProcess({ command: "yes", env: "inherit", fds: { 2: "null" } });
    const joined = join(left.transport, yes);
    await isCarried;
    left.facts.sendingEnded();
    left.facts.peerEnded();
    const { right, left: first } = await joined;
    assert.equal(right.code, "ERR_WIRE_PROCESS_EXIT");
    assert.equal(first.kind, "done");
  },
);
