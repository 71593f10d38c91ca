import assert from "node:assert/strict";
import { test } from "node:test";
import type { CloseCause } from "../../src/contract/index.ts";
import { bytes, RecordingProducer } from "./recorder.ts";
import { Scene } from "./scene.ts";

const RESET: CloseCause = { kind: "lost", by: "peer", code: "ERR_WIRE_RESET" };
const AWARE = { role: { isAware: true } };

test("a close flushes, ends our direction, discards until the peer ends, then lets go", () => {
  const scene = Scene.open();
  scene.transport.write(bytes("tail"));
  scene.transport.loseConnection();
  scene.turns();
  assert.deepEqual(scene.wire.takeVerbs(), ["send 4"]);
  scene.flow.sent(4);
  assert.deepEqual(scene.wire.takeVerbs(), ["endSending"]);
  scene.flow.sendingEnded();
  scene.flow.received(bytes("discarded"));
  assert.deepEqual(scene.wire.takeVerbs(), []);
  scene.flow.peerEnded();
  assert.deepEqual(scene.wire.takeVerbs(), ["close"]);
  assert.deepEqual(scene.calls, ["made"]);
  scene.flow.over();
  assert.deepEqual(scene.calls, ["made", "lost done/us"]);
});

test("the last send must be covered before our end is sent", () => {
  const scene = Scene.open();
  scene.transport.write(bytes("tail"));
  scene.turns();
  scene.transport.loseConnection();
  scene.turns();
  scene.flow.sent(3);
  assert.equal(scene.wire.count("endSending"), 0);
  scene.flow.sent(1);
  assert.equal(scene.wire.count("endSending"), 1);
});

test("a wire that does not linger is closed as soon as it is flushed, peer or no peer", () => {
  const scene = Scene.open({ capabilities: ["abort"] });
  scene.transport.write(bytes("tail"));
  scene.transport.loseConnection();
  scene.answer();
  assert.equal(scene.reason, "done/us");
  assert.equal(scene.ledger.sent, 4);
});

test("after loseConnection the protocol receives no more data, nor the peer's end", () => {
  const scene = Scene.open(AWARE);
  scene.transport.pauseProducing();
  scene.flow.received(bytes("unread"));
  scene.transport.loseConnection();
  scene.transport.resumeProducing();
  scene.flow.received(bytes("late"));
  scene.flow.peerEnded();
  scene.answer();
  assert.deepEqual(scene.calls, ["made", "lost done/us"]);
});

test("a close inside dataReceived is the end of delivery, though more was waiting", () => {
  const scene: Scene = Scene.open({ role: { data: () => scene.transport.loseConnection() } });
  scene.transport.pauseProducing();
  for (const chunk of ["a", "b"]) scene.flow.received(bytes(chunk));
  scene.transport.resumeProducing();
  scene.turns();
  assert.deepEqual(scene.calls, ["made", "data a"]);
});

test("a registered producer holds the close, paused or not, until it is unregistered", () => {
  for (const isPush of [true, false]) {
    const scene = Scene.open({ limits: { writeHigh: 10, writeLow: 5 } });
    const producer = new RecordingProducer();
    scene.transport.registerProducer(producer, isPush as true);
    scene.transport.write(new Uint8Array(11));
    scene.transport.loseConnection();
    scene.turns();
    scene.transport.write(bytes("more"));
    scene.answer();
    assert.equal(scene.wire.count("endSending"), 0);
    assert.equal(scene.ledger.sent, 15, "what a producer writes behind the close is sent");
    scene.transport.unregisterProducer();
    scene.answer();
    scene.flow.peerEnded();
    scene.answer();
    assert.equal(scene.reason, "done/us");
  }
});

test("loseWriteConnection ends our direction, tells it, and reads on; twice is harmless", () => {
  const scene = Scene.open(AWARE);
  scene.transport.write(bytes("question"));
  scene.transport.loseWriteConnection();
  scene.transport.loseWriteConnection();
  assert.deepEqual(scene.calls, ["made"], "inside the call");
  scene.answer();
  scene.transport.loseWriteConnection();
  scene.flow.received(bytes("answer"));
  scene.transport.write(bytes("dropped"));
  scene.answer();
  assert.deepEqual(scene.calls, ["made", "writeLost", "data answer"]);
  assert.deepEqual([scene.ledger.sent, scene.ledger.dropped], [8, 7]);
});

test("when both directions have ended the close completes by itself", () => {
  const scene = Scene.open(AWARE);
  scene.flow.peerEnded();
  scene.transport.write(bytes("answer"));
  scene.transport.loseWriteConnection();
  scene.answer();
  assert.deepEqual(scene.calls, ["made", "readLost", "writeLost", "lost done/peer"]);
});

test("loseConnection behind loseWriteConnection only discards, and tells no writeLost", () => {
  const scene = Scene.open(AWARE);
  scene.transport.loseWriteConnection();
  scene.transport.loseConnection();
  scene.answer();
  scene.flow.received(bytes("discarded"));
  scene.flow.peerEnded();
  scene.answer();
  assert.deepEqual(scene.calls, ["made", "lost done/us"]);
});

test("a producer holds the end of loseWriteConnection; its loss in a switch lets it go", () => {
  const scene = Scene.open(AWARE);
  scene.transport.registerProducer(new RecordingProducer(), true);
  scene.transport.loseWriteConnection();
  scene.answer();
  assert.equal(scene.wire.count("endSending"), 0);
  scene.transport.switchProtocol(scene.near.protocol);
  scene.answer();
  assert.deepEqual(scene.calls, ["made", "made", "writeLost"]);
});

test("the peer's end is a loseConnection for an unaware protocol: it flushes", () => {
  const scene = Scene.open();
  scene.transport.write(bytes("answer"));
  scene.flow.peerEnded();
  scene.answer();
  assert.deepEqual(scene.calls, ["made", "lost done/peer"]);
  assert.equal(scene.ledger.sent, 6);
});

test("there a producer goes on and holds the close", () => {
  const scene = Scene.open();
  scene.transport.registerProducer(new RecordingProducer(), true);
  scene.flow.peerEnded();
  scene.transport.write(bytes("answer"));
  scene.answer();
  assert.equal(scene.reason, null);
  scene.transport.unregisterProducer();
  scene.answer();
  assert.equal(scene.reason, "done/peer");
  assert.equal(scene.ledger.sent, 6);
});

test("the peer's end waits behind unread bytes, and a resume tells it", () => {
  const scene = Scene.open(AWARE);
  scene.transport.pauseProducing();
  scene.flow.received(bytes("tail"));
  scene.flow.peerEnded();
  scene.advance(3_600_000);
  assert.deepEqual(scene.calls, ["made"]);
  scene.transport.resumeProducing();
  scene.turns();
  assert.deepEqual(scene.calls, ["made", "data tail", "readLost"]);
});

test("a paused reader is not told the peer's end, though nothing is unread", () => {
  const scene = Scene.open(AWARE);
  scene.transport.pauseProducing();
  scene.flow.peerEnded();
  scene.turns();
  assert.deepEqual(scene.calls, ["made"]);
  scene.transport.resumeProducing();
  scene.turns();
  assert.deepEqual(scene.calls, ["made", "readLost"]);
});

test("who ended first is who ended it: we with any verb, or the peer", () => {
  const firsts: readonly [string, (scene: Scene) => void][] = [
    ["done/us", (scene) => scene.transport.loseConnection()],
    ["done/us", (scene) => scene.transport.loseWriteConnection()],
    ["done/us", (scene) => scene.transport.stopProducing()],
    ["done/peer", (scene) => scene.flow.peerEnded()],
  ];
  for (const [reason, end] of firsts) {
    const scene = Scene.open(AWARE);
    scene.transport.pauseProducing();
    end(scene);
    scene.transport.loseConnection();
    scene.answer();
    if (reason === "done/us") scene.flow.peerEnded();
    scene.answer();
    assert.equal(scene.reason, reason);
  }
});

test("a done not complete gives way to a reset, and to an exit status", () => {
  for (const cause of [RESET, { ...RESET, code: "ERR_WIRE_PROCESS_EXIT", exitCode: 3 } as const]) {
    const scene = Scene.open();
    scene.transport.loseConnection();
    scene.answer();
    scene.flow.over(cause);
    assert.equal(scene.ended[0]?.code, cause.code);
    assert.equal(scene.ended[0]?.exitCode, "exitCode" in cause ? 3 : undefined);
  }
});

test("a done that is complete stays, whatever the wire meets afterwards", () => {
  const scene = Scene.open();
  scene.transport.loseConnection();
  scene.answer();
  scene.flow.peerEnded();
  assert.equal(scene.wire.count("close"), 1);
  scene.flow.over(RESET);
  assert.equal(scene.reason, "done/us");
});

test("an abort stays aborted by us, with the signal that a process was sent", () => {
  const scene = Scene.open();
  scene.transport.abortConnection();
  scene.transport.abortConnection();
  scene.transport.loseConnection();
  assert.deepEqual(scene.wire.takeVerbs(), ["abort"]);
  assert.deepEqual(scene.calls, ["made"], "inside the call");
  scene.flow.over({ kind: "lost", by: "peer", code: "ERR_WIRE_PROCESS_EXIT", signal: "SIGKILL" });
  assert.equal(scene.reason, "aborted/us");
  assert.equal(scene.ended[0]?.signal, "SIGKILL");
});

test("the first cause stays: a reset is not made an abort by what comes after", () => {
  const scene = Scene.open();
  scene.transport.switchProtocol(scene.near.protocol);
  scene.flow.over(RESET);
  scene.transport.abortConnection();
  scene.turns();
  assert.equal(scene.reason, "lost/peer/RESET");
});

test("the reason carries the reason of the layer below, whichever cause it is", () => {
  const scene = Scene.open();
  const below = Scene.open();
  below.transport.abortConnection();
  below.answer();
  const via = below.ended[0];
  scene.close();
  assert.equal(scene.ended[0]?.via, undefined);
  assert.ok(via !== undefined);
  const layered = Scene.open();
  layered.transport.loseConnection();
  layered.answer();
  layered.flow.peerEnded();
  layered.flow.over({ kind: "aborted", by: "us", via });
  assert.equal(layered.reason, "done/us");
  assert.equal(layered.ended[0]?.via, via);
});

test("loseConnection after the end, or twice, does nothing more", () => {
  const scene = Scene.open();
  scene.transport.loseConnection();
  scene.transport.loseConnection();
  scene.answer();
  scene.flow.peerEnded();
  scene.answer();
  scene.transport.loseConnection();
  scene.transport.loseWriteConnection();
  scene.transport.abortConnection();
  scene.turns();
  assert.equal(scene.ended.length, 1);
  assert.deepEqual(scene.wire.takeVerbs(), []);
});
