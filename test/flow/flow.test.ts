import assert from "node:assert/strict";
import { test } from "node:test";
import type { CloseCause } from "../../src/contract/index.ts";
import { bytes, RecordingProducer } from "./recorder.ts";
import { Scene } from "./scene.ts";

const RESET: CloseCause = { kind: "lost", by: "peer", code: "ERR_WIRE_RESET" };

test("sendingEnded unasked: unsent, dropped, the producer stopped; reading goes on", () => {
  const scene = Scene.open({ role: { isAware: true } });
  const producer = new RecordingProducer();
  scene.transport.registerProducer(producer, true);
  scene.transport.write(bytes("in flight"));
  scene.turns();
  scene.transport.write(bytes("queued"));
  scene.flow.sendingEnded();
  assert.deepEqual(scene.calls, ["made", "writeLost"]);
  assert.deepEqual(producer.told, ["stop"]);
  scene.transport.write(bytes("late"));
  scene.flow.received(bytes("still here"));
  assert.equal(scene.calls.at(-1), "data still here");
  const { sent, unsent, dropped, inFlight } = scene.ledger;
  assert.deepEqual([sent, unsent, dropped, inFlight], [0, 15, 4, 9]);
  scene.flow.peerEnded();
  assert.equal(scene.calls.at(-1), "readLost");
  scene.answer();
  assert.equal(scene.reason, "done/peer");
  assert.equal(scene.wire.count("endSending"), 0);
});

test("sendingEnded unasked while a close waits: it lingers, and tells what was lost", () => {
  const scene = Scene.open();
  scene.transport.write(bytes("stuck"));
  scene.transport.loseConnection();
  scene.turns();
  scene.flow.sendingEnded();
  scene.turns();
  assert.deepEqual(scene.calls, ["made"], "writeConnectionLost after loseConnection");
  assert.deepEqual(scene.wire.takeVerbs(), ["send 5"]);
  scene.flow.peerEnded();
  scene.answer();
  assert.equal(scene.reason, "done/us");
  assert.equal(scene.ledger.unsent, 5);
});

test("over without a cause waits behind unread bytes, however long the reader pauses", () => {
  const scene = Scene.open({ role: { isAware: true } });
  scene.transport.pauseProducing();
  scene.flow.received(bytes("the tail"));
  scene.flow.over();
  scene.advance(3_600_000);
  assert.deepEqual(scene.calls, ["made"]);
  scene.transport.write(bytes("dropped"));
  scene.transport.resumeProducing();
  scene.turns();
  assert.deepEqual(scene.calls, ["made", "data the tail", "readLost", "lost done/peer"]);
  assert.equal(scene.ledger.dropped, 7);
  assert.deepEqual(scene.wire.takeVerbs(), [], "a verb after over");
});

test("over behind unread bytes lets the reader close, or abort, without a verb", () => {
  for (const [end, reason] of [
    ["loseConnection", "done/peer"],
    ["abortConnection", "aborted/us"],
  ] as const) {
    const scene = Scene.open();
    scene.transport.pauseProducing();
    scene.flow.received(bytes("unread"));
    scene.flow.over();
    scene.transport[end]();
    assert.equal(scene.reason, null, "inside the call");
    scene.turns();
    assert.equal(scene.reason, reason);
    assert.equal(scene.ledger.undelivered, 6);
    assert.deepEqual(scene.wire.takeVerbs(), []);
  }
});

test("a second over, whatever its cause, changes nothing", () => {
  const scene = Scene.open({ role: { isAware: true } });
  scene.transport.pauseProducing();
  scene.flow.received(bytes("unread"));
  scene.flow.over();
  scene.flow.over(RESET);
  scene.transport.resumeProducing();
  scene.turns();
  assert.deepEqual(scene.calls, ["made", "data unread", "readLost", "lost done/peer"]);
});

test("over with a cause does not wait for a paused reader: the rest is undelivered", () => {
  const scene = Scene.open();
  scene.transport.pauseProducing();
  scene.flow.received(bytes("unread"));
  scene.flow.over(RESET);
  assert.deepEqual(scene.calls, ["made", "lost lost/peer/RESET"]);
  assert.equal(scene.ledger.undelivered, 6);
});

test("over without a cause and with bytes unsent is BROKEN, after what was read", () => {
  const scene = Scene.open();
  scene.transport.write(bytes("unsent"));
  scene.transport.pauseProducing();
  scene.flow.received(bytes("unread"));
  scene.flow.over();
  scene.transport.resumeProducing();
  scene.turns();
  assert.deepEqual(scene.calls, ["made", "data unread", "lost lost/wire/BROKEN"]);
  assert.equal(scene.ledger.unsent, 6);
});

test("over in place of sendingEnded completes a close", () => {
  const scene = Scene.open();
  scene.transport.loseConnection();
  scene.turns();
  scene.flow.over();
  assert.equal(scene.reason, "done/us");
});

const FAULTS: readonly [string, (scene: Scene) => void][] = [
  [
    "bytes after the peer's end",
    (scene) => {
      scene.flow.peerEnded();
      scene.flow.received(bytes("x"));
    },
  ],
  [
    "the peer's end twice",
    (scene) => {
      scene.flow.peerEnded();
      scene.flow.peerEnded();
    },
  ],
  [
    "our end twice",
    (scene) => {
      scene.flow.sendingEnded();
      scene.flow.sendingEnded();
    },
  ],
  ["more sent than it was given", (scene) => scene.flow.sent(1)],
  ["nothing as sent", (scene) => scene.flow.sent(0)],
  ["a negative count as sent", (scene) => scene.flow.sent(-1)],
  ["no number as sent", (scene) => scene.flow.sent(Number.NaN)],
  [
    "bytes after over, which waits",
    (scene) => {
      scene.transport.pauseProducing();
      scene.flow.received(bytes("unread"));
      scene.flow.over();
      scene.flow.received(bytes("x"));
    },
  ],
];

for (const [what, report] of FAULTS) {
  test(`a wire that reports ${what} is cut as BROKEN, and nothing throws`, () => {
    const scene = Scene.open({ role: { isAware: true } });
    report(scene);
    scene.answer();
    assert.equal(scene.reason, "lost/wire/BROKEN");
    assert.match(String(scene.ended[0]?.error?.message), /the wire/);
  });
}

test("facts after the end change nothing and tell nobody", () => {
  const scene = Scene.open({ role: { isAware: true } });
  scene.flow.over(RESET);
  const before = { calls: [...scene.calls], ledger: scene.ledger };
  scene.flow.received(bytes("x"));
  scene.flow.sent(1);
  scene.flow.peerEnded();
  scene.flow.sendingEnded();
  scene.flow.opened();
  scene.flow.over();
  scene.flow.over(RESET);
  scene.turns();
  assert.deepEqual({ calls: scene.calls, ledger: scene.ledger }, before);
  assert.equal(scene.ended.length, 1);
  assert.deepEqual(scene.wire.takeVerbs(), []);
});

test("opened twice makes one protocol", () => {
  const scene = Scene.open();
  scene.flow.opened();
  scene.turns();
  assert.deepEqual(scene.calls, ["made"]);
});

test("over before opened rejects the beginning and calls no protocol", () => {
  const scene = new Scene();
  scene.flow.over(RESET);
  assert.deepEqual(scene.calls, []);
  assert.equal(scene.reason, "lost/peer/RESET");
  assert.equal((scene.begun[0] as { code?: string }).code, "ERR_WIRE_RESET");
});

test("cancel before opened tells the beginning its error, and aborts the wire", () => {
  const scene = new Scene();
  const error = new Error("no longer wanted");
  scene.flow.cancel(error);
  assert.deepEqual(scene.wire.verbs, ["abort"]);
  scene.flow.over();
  assert.deepEqual(scene.begun, [error]);
  assert.equal(scene.reason, "aborted/us");
  assert.deepEqual(scene.calls, []);
});

test("a wire may open while it is being cancelled: no protocol is made", () => {
  const scene = new Scene();
  scene.flow.cancel(new Error("no longer wanted"));
  scene.flow.opened();
  scene.flow.over();
  assert.deepEqual(scene.calls, []);
});

test("cancel while the protocol is told of its beginning: the beginning is told once", () => {
  const error = new Error("no longer wanted");
  const scene: Scene = new Scene({ role: { made: () => scene.flow.cancel(error) } });
  scene.flow.opened();
  scene.answer();
  assert.deepEqual(scene.begun, [error]);
});
