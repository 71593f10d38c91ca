import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, RecordingProducer } from "./recorder.ts";
import { Scene } from "./scene.ts";

const MARKS = { readHigh: 1000, readLow: 200 };

test("nothing is read before the connection has opened and a turn has passed", () => {
  const scene = new Scene();
  assert.deepEqual(scene.wire.verbs, []);
  scene.flow.opened();
  assert.deepEqual(scene.wire.verbs, []);
  scene.turns();
  assert.deepEqual(scene.wire.verbs, ["resumeReading"]);
});

test("what comes in the turn of opened waits until connect's promise was seen", () => {
  const scene = new Scene();
  scene.flow.opened();
  scene.flow.received(bytes("early bird"));
  assert.deepEqual(scene.calls, ["made"]);
  scene.turns();
  assert.deepEqual(scene.calls, ["made", "data early bird"]);
});

test("a pause stops the wire, and a resume delivers in a later turn, in order", () => {
  const scene = Scene.open();
  scene.transport.pauseProducing();
  assert.deepEqual(scene.wire.verbs, ["resumeReading", "pauseReading"]);
  for (const chunk of ["a", "b", "c"]) scene.flow.received(bytes(chunk));
  scene.transport.resumeProducing();
  assert.deepEqual(scene.calls, ["made"]);
  scene.turns();
  assert.deepEqual(scene.calls, ["made", "data a", "data b", "data c"]);
  assert.equal(scene.wire.verbs.at(-1), "resumeReading");
});

test("a pause inside dataReceived holds the very next chunk", () => {
  const scene = Scene.open({ role: { data: () => scene.transport.pauseProducing() } });
  for (const chunk of ["a", "b", "c"]) scene.flow.received(bytes(chunk));
  assert.deepEqual(scene.calls, ["made", "data a"]);
  scene.transport.resumeProducing();
  scene.turns();
  assert.deepEqual(scene.calls, ["made", "data a", "data b"]);
  assert.equal(scene.ledger.undelivered, 1);
});

test("what arrives behind unread bytes stays behind them, though nobody is paused any more", () => {
  const scene = Scene.open();
  scene.transport.pauseProducing();
  scene.flow.received(bytes("first"));
  scene.transport.resumeProducing();
  scene.flow.received(bytes("second"));
  assert.deepEqual(scene.calls, ["made"]);
  scene.turns();
  assert.deepEqual(scene.calls, ["made", "data first", "data second"]);
});

test("between two protocols nothing is read; what comes all the same goes to the next", () => {
  const scene = Scene.open({ limits: MARKS });
  scene.transport.switchProtocol(scene.near.protocol);
  scene.wire.verbs.length = 0;
  scene.flow.received(new Uint8Array(900));
  assert.deepEqual(scene.wire.verbs, []);
  scene.turns();
  assert.deepEqual(scene.wire.verbs, ["resumeReading"]);
  assert.deepEqual(scene.calls, ["made", "made", "data (900)"]);
});

test("pausing and resuming twice asks the wire once", () => {
  const scene = Scene.open();
  scene.transport.pauseProducing();
  scene.transport.pauseProducing();
  scene.transport.resumeProducing();
  scene.transport.resumeProducing();
  scene.turns();
  assert.deepEqual(scene.wire.verbs, ["resumeReading", "pauseReading", "resumeReading"]);
});

test("a close reads on past a pause if the wire lingers, and takes no byte more if not", () => {
  const lingering = Scene.open();
  lingering.transport.pauseProducing();
  lingering.transport.loseConnection();
  assert.equal(lingering.wire.verbs.at(-1), "resumeReading");
  const shared = Scene.open({ capabilities: ["abort"] });
  shared.transport.loseConnection();
  assert.equal(shared.wire.verbs.at(-1), "pauseReading");
  shared.answer();
  assert.equal(shared.reason, "done/us");
});

test("two transports joined by registering each with the other stop the first writer", () => {
  const scene = Scene.open({ limits: { writeHigh: 100, writeLow: 10 } });
  const other = Scene.open();
  scene.transport.registerProducer(other.transport, true);
  scene.transport.write(new Uint8Array(101));
  assert.equal(other.wire.verbs.at(-1), "pauseReading");
  scene.turns();
  scene.flow.sent(101);
  scene.turns();
  other.turns();
  assert.equal(other.wire.verbs.at(-1), "resumeReading");
});

test("undelivered bytes are told at the end: of an abort, and of a close", () => {
  for (const end of ["abortConnection", "loseConnection"] as const) {
    const scene = Scene.open();
    scene.transport.pauseProducing();
    scene.flow.received(bytes("unread"));
    scene.transport[end]();
    scene.flow.received(bytes("after"));
    scene.answer();
    if (end === "loseConnection") scene.flow.peerEnded();
    scene.answer();
    const ledger = scene.ended[0]?.ledger;
    assert.deepEqual([ledger?.received, ledger?.delivered, ledger?.undelivered], [11, 0, 11]);
  }
});

test("a producer that is the reader of another connection is not confused by its own pause", () => {
  const scene = Scene.open({ limits: { writeHigh: 10, writeLow: 0 } });
  const source = new RecordingProducer();
  scene.transport.registerProducer(source, true);
  scene.transport.pauseProducing();
  scene.transport.write(new Uint8Array(11));
  scene.turns();
  scene.flow.sent(11);
  scene.transport.resumeProducing();
  scene.turns();
  assert.deepEqual(source.told, ["pause", "resume"]);
});
