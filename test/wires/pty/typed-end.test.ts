import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pty } from "../../../src/wires/pty/index.ts";
import { onlyNative } from "../unix/descriptor-rig.ts";
import type { RecordingPty } from "./recording-pty.ts";
import { onTerminal } from "./recording-pty.ts";

/** A program that is typed to, and whose input then ends. */
async function typedTo(script: string, text: string): Promise<RecordingPty> {
  const child = await onTerminal(script, { endOfInput: "typed" });
  child.transport.write(Buffer.from(text));
  child.transport.loseWriteConnection();
  return child;
}

describe("pty: an end of input that is typed", onlyNative, () => {
  it("is offered as a half-close where it was asked for", async () => {
    const child = await typedTo("cat; echo over", "line\n");
    assert.ok(child.transport.capabilities.has("halfClose"));
    assert.equal(await child.end(), "done us");
    assert.match(child.text, /line\r\nline\r\nover\r\n$/);
    const { accepted, sent } = child.transport.ledger;
    assert.deepEqual([accepted, sent], [5, 5], "what ends input is no byte of ours");
  });

  it("ends a line that is not ended, too, and with all of it read", async () => {
    const child = await typedTo("cat; echo over", "part");
    assert.equal(await child.end(), "done us");
    assert.match(child.text, /partpartover\r\n$/);
  });

  it("is met by whoever reads next, as the end of a pipe is", async () => {
    const child = await typedTo("cat; cat; read line || echo nothing", "line\n");
    assert.equal(await child.end(), "done us");
    assert.match(child.text, /nothing\r\n$/);
  });

  it("reaches a program that changes the mode while the character waits", async () => {
    const script = "read line; stty -icanon; stty icanon; echo got $line; cat; exit 4";
    const child = await typedTo(script, "words\n");
    assert.equal(await child.end(), "lost peer PROCESS_EXIT 4");
    assert.match(child.text, /got words\r\n/);
  });

  it("is not typed by a close, which hangs up", async () => {
    const child = await onTerminal("echo ready; cat; exit 9", { endOfInput: "typed" });
    await child.prints("ready");
    child.transport.loseConnection();
    assert.equal(await child.end(), "done us");
    assert.deepEqual(child.statuses, [{ exitCode: null, signal: "SIGHUP" }]);
  });

  it("is refused for a raw terminal, where it would be a byte", () => {
    const make = (options: object): unknown => pty({ command: "cat", ...options });
    assert.throws(() => make({ endOfInput: "typed", raw: true }), RangeError);
    assert.throws(() => make({ endOfInput: "\x04" }), RangeError);
  });
});
