import assert from "node:assert/strict";
import { test } from "node:test";
import type { Capability } from "../../src/contract/index.ts";
import type { JoinReport } from "../../src/join/index.ts";
import { join } from "../../src/join/index.ts";
import { VirtualRuntime } from "../../src/memory/index.ts";
import { Recorder } from "./recorder.ts";
import { ScriptedWire } from "./scripted-wire.ts";

const RICH: readonly Capability[] = ["abort", "abortVisible", "halfClose"];

const EXITED = { kind: "lost", by: "peer", code: "ERR_WIRE_PROCESS_EXIT" } as const;

interface Scene {
  readonly runtime: VirtualRuntime;
  readonly left: ScriptedWire;
  readonly right: ScriptedWire;
  readonly finish: () => Promise<JoinReport>;
}

/** Two scripted wires, joined; what the right one can do is given. */
async function scene(rightCan: readonly Capability[]): Promise<Scene> {
  const runtime = new VirtualRuntime();
  const left = new ScriptedWire(new Recorder(), runtime, RICH);
  const right = new ScriptedWire(new Recorder(), runtime, rightCan);
  let report: JoinReport | undefined;
  void join(left.transport, right.transport, { runtime }).then((made) => (report = made));
  await runtime.run();
  const finish = async (): Promise<JoinReport> => {
    await runtime.run(() => report !== undefined);
    return report ?? assert.fail("no report");
  };
  return { runtime, left, right, finish };
}

test("a side that takes no more keeps the way back; what comes for it is counted", async () => {
  const { runtime, left, right, finish } = await scene(RICH);
  left.facts.received(Buffer.from("taken"));
  await runtime.run();
  right.facts.sendingEnded();
  await runtime.run();
  left.facts.received(Buffer.from("too late"));
  right.facts.received(Buffer.from("still coming back"));
  await runtime.run();
  assert.equal(right.sentText, "taken");
  assert.equal(left.sentText, "still coming back");
  right.facts.peerEnded();
  await runtime.run();
  left.facts.peerEnded();
  const report = await finish();
  assert.equal(report.right.ledger.dropped, 8);
  assert.deepEqual(report.bytes, { leftToRight: 5, rightToLeft: 17 });
  assert.deepEqual([report.left.kind, report.right.kind], ["done", "done"]);
});

test("when nothing can move any more both close, though one peer never ends", async () => {
  const { runtime, left, right, finish } = await scene(RICH);
  right.facts.sendingEnded();
  await runtime.run();
  right.facts.peerEnded();
  const report = await finish();
  assert.deepEqual(left.verbs, ["endSending", "close"]);
  assert.deepEqual([report.left.kind, report.right.kind], ["done", "done"]);
});

test("what came before an end is whole, though the peer took not all that was for it", async () => {
  for (const status of [0, 2]) {
    const { runtime, left, right, finish } = await scene(RICH);
    right.takes = false;
    right.facts.received(Buffer.from("the answer"));
    left.facts.received(Buffer.from("never read"));
    await runtime.run();
    right.facts.sendingEnded();
    right.facts.over(status === 0 ? undefined : { ...EXITED, exitCode: status });
    await runtime.run();
    left.facts.peerEnded();
    const report = await finish();
    assert.equal(left.sentText, "the answer");
    assert.deepEqual(left.verbs, ["endSending", "close"], "an abort could destroy the answer");
    assert.deepEqual([report.left.kind, report.right.ledger.unsent], ["done", 10]);
  }
});

test("a wire without half-close still answers after the other side's end", async () => {
  const { runtime, left, right, finish } = await scene(["abort", "abortVisible"]);
  left.facts.received(Buffer.from("question"));
  left.facts.peerEnded();
  await runtime.runFor(30_000);
  assert.deepEqual(right.verbs, []);
  right.facts.received(Buffer.from("answer"));
  await runtime.runFor(1);
  assert.equal(left.sentText, "answer");
  right.facts.peerEnded();
  const report = await finish();
  assert.equal(report.endNotPassed, "right");
  assert.deepEqual(report.bytes, { leftToRight: 8, rightToLeft: 6 });
});

test("a wire without half-close that never answers is cut at the half-open limit", async () => {
  const { runtime, left, right, finish } = await scene(["abort", "abortVisible"]);
  left.facts.peerEnded();
  await runtime.runFor(61_000);
  assert.ok(right.verbs.includes("abort"), "its answer can reach nobody any more");
  assert.equal((await finish()).left.code, "ERR_WIRE_HALF_OPEN");
});

test("an abort on a wire that cannot show one is reported as having become an end", async () => {
  const { left, right, finish } = await scene(["abort", "halfClose"]);
  left.facts.over({ kind: "lost", by: "peer", code: "ERR_WIRE_RESET" });
  const report = await finish();
  assert.deepEqual(right.verbs, ["abort"]);
  assert.equal(report.abortBecameEnd, "right");
  assert.deepEqual([report.right.kind, report.right.by], ["aborted", "us"]);
});

test("a process that failed has all of its output carried first", async () => {
  const { runtime, left, right, finish } = await scene(RICH);
  right.facts.received(Buffer.from("error: no such file\n"));
  right.facts.over({ ...EXITED, exitCode: 2 });
  await runtime.run();
  left.facts.peerEnded();
  const report = await finish();
  assert.equal(left.sentText, "error: no such file\n");
  assert.ok(!left.verbs.includes("abort"));
  assert.equal(report.right.exitCode, 2);
});

for (const status of [0, 2]) {
  test(`what a process left unread of its input costs none of its output (exit ${status})`, async () => {
    const { runtime, left, right, finish } = await scene(RICH);
    right.isFull = true;
    left.isFull = true;
    left.facts.received(Buffer.from("more than head reads"));
    right.facts.received(Buffer.from("its first lines"));
    await runtime.runFor(1);
    if (status === 0) {
      right.facts.sendingEnded();
      right.facts.peerEnded();
    } else {
      right.facts.over({ kind: "lost", by: "peer", code: "ERR_WIRE_PROCESS_EXIT", exitCode: 2 });
    }
    await runtime.runFor(1);
    left.take();
    await runtime.runFor(1);
    left.facts.peerEnded();
    const report = await finish();
    assert.deepEqual(left.verbs, ["endSending", "close"], "the client is not cut");
    assert.equal(report.bytes.rightToLeft, 15);
    assert.equal(report.right.ledger.unsent, 20, "and the account tells what was not read");
  });
}
