import assert from "node:assert/strict";
import { test } from "node:test";
import type { CloseCause } from "../../src/contract/index.ts";
import type { Role } from "./recorder.ts";
import { bytes, Recorder, RecordingProducer } from "./recorder.ts";
import { Scene } from "./scene.ts";

const RESET: CloseCause = { kind: "lost", by: "peer", code: "ERR_WIRE_RESET" };

/** A connection whose protocol was just replaced by a new recorder; no turn has passed. */
function switched(
  role: Role,
  early?: Uint8Array,
): { readonly scene: Scene; readonly next: Recorder } {
  const scene = Scene.open({ role: { isAware: true } });
  const next = new Recorder(role);
  scene.transport.switchProtocol(next.protocol, early);
  return { scene, next };
}

test("in a later turn next gets connectionMade, early, unread bytes; the old one nothing", () => {
  const scene = Scene.open();
  scene.transport.pauseProducing();
  scene.flow.received(bytes("unread"));
  const next = new Recorder();
  scene.transport.switchProtocol(next.protocol, bytes("early"));
  scene.flow.received(bytes("more"));
  assert.deepEqual(next.calls, [], "inside the call");
  scene.turns();
  scene.flow.received(bytes("live"));
  assert.deepEqual(next.calls, ["made", "data early", "data unread", "data more", "data live"]);
  assert.deepEqual(scene.calls, ["made"]);
  assert.equal(next.transport, scene.near.transport);
});

test("early bytes are not counted again", () => {
  const scene = Scene.open();
  scene.flow.received(bytes("hello"));
  scene.transport.switchProtocol(new Recorder().protocol, bytes("llo"));
  scene.turns();
  assert.deepEqual([scene.ledger.received, scene.ledger.delivered], [5, 5]);
});

test("pauses start anew, those before the switch and those after", () => {
  const scene = Scene.open();
  const next = new Recorder();
  scene.transport.pauseProducing();
  scene.transport.switchProtocol(next.protocol);
  scene.transport.pauseProducing();
  scene.turns();
  scene.flow.received(bytes("hello"));
  assert.deepEqual(next.calls, ["made", "data hello"]);
  assert.equal(scene.wire.verbs.at(-1), "resumeReading");
});

test("a pause in the connectionMade of next holds early and unread bytes", () => {
  const { scene, next } = switched({ made: (transport) => transport.pauseProducing() }, bytes("e"));
  scene.flow.received(bytes("unread"));
  scene.turns();
  assert.deepEqual(next.calls, ["made"]);
  scene.transport.resumeProducing();
  scene.turns();
  assert.deepEqual(next.calls, ["made", "data e", "data unread"]);
});

test("a registered producer is stopped and forgotten, and holds nothing any more", () => {
  const scene = Scene.open();
  const producer = new RecordingProducer();
  scene.transport.registerProducer(producer, true);
  scene.transport.switchProtocol(new Recorder().protocol);
  assert.deepEqual(producer.told, ["stop"]);
  scene.turns();
  scene.close();
  assert.equal(scene.reason, "done/us");
  assert.deepEqual(producer.told, ["stop"]);
});

test("what was written before stays ahead of what next writes", () => {
  const scene = Scene.open();
  scene.transport.write(bytes("old"));
  scene.transport.switchProtocol(
    new Recorder({ made: (transport) => transport.write(bytes("new")) }).protocol,
  );
  scene.answer();
  assert.deepEqual(Buffer.concat(scene.wire.sends.flat()).toString(), "oldnew");
});

test("cut meanwhile: next gets connectionMade, its bytes, then the end", () => {
  const { scene, next } = switched({}, bytes("early"));
  scene.flow.received(bytes("unread"));
  scene.flow.over(RESET);
  assert.deepEqual(next.calls, []);
  scene.turns();
  const calls = next.calls.filter((call) => call !== "writeLost");
  assert.deepEqual(calls, ["made", "data early", "data unread", "lost lost/peer/RESET"]);
  assert.deepEqual(scene.calls, ["made"], "the old one is told nothing");
});

test("a connection that ended in order meanwhile tells next its data and both ends", () => {
  const { scene, next } = switched({ isAware: true }, bytes("early"));
  scene.flow.received(bytes("unread"));
  scene.flow.over();
  scene.turns();
  assert.deepEqual(next.calls, [
    "made",
    "writeLost",
    "data early",
    "data unread",
    "readLost",
    "lost done/peer",
  ]);
});

test("next is told of ends that were told before it came", () => {
  const scene = Scene.open({ role: { isAware: true } });
  scene.flow.peerEnded();
  const next = new Recorder({ isAware: true });
  scene.transport.switchProtocol(next.protocol, bytes("early"));
  scene.turns();
  assert.deepEqual(scene.calls, ["made", "readLost"]);
  assert.deepEqual(next.calls, ["made", "data early", "readLost"]);
  scene.transport.loseWriteConnection();
  scene.answer();
  assert.equal(scene.reason, "done/peer");
});

test("for a next without readConnectionLost the end told before is a loseConnection", () => {
  const scene = Scene.open({ role: { isAware: true } });
  scene.flow.peerEnded();
  const next = new Recorder();
  scene.transport.switchProtocol(next.protocol);
  scene.answer();
  assert.deepEqual(next.calls, ["made", "lost done/peer"]);
});

test("a close right behind a switch of a half-open connection completes", () => {
  const scene = Scene.open({ role: { isAware: true } });
  scene.flow.peerEnded();
  const next = new Recorder({ isAware: true });
  scene.transport.switchProtocol(next.protocol);
  scene.transport.loseConnection();
  scene.answer();
  assert.deepEqual(next.calls, ["made", "lost done/peer"]);
});

test("a switch as the last direction ends still gives next its early bytes", () => {
  const next = new Recorder({ isAware: true });
  const scene: Scene = Scene.open({
    role: {
      isAware: true,
      readLost: () => scene.transport.switchProtocol(next.protocol, bytes("early")),
    },
  });
  scene.transport.loseWriteConnection();
  scene.answer();
  scene.flow.peerEnded();
  scene.answer();
  assert.deepEqual(next.calls, ["made", "writeLost", "data early", "readLost", "lost done/us"]);
});

test("a switch inside connectionMade of next hands on everything, early bytes included", () => {
  const last = new Recorder();
  const { scene, next } = switched(
    { made: (transport) => transport.switchProtocol(last.protocol, bytes("more")) },
    bytes("early"),
  );
  scene.flow.received(bytes("unread"));
  scene.turns();
  assert.deepEqual(next.calls, ["made"]);
  assert.deepEqual(last.calls, ["made", "data more", "data early", "data unread"]);
});

test("a switch inside the first connectionMade holds the first byte for next", () => {
  const next = new Recorder();
  const scene = new Scene({
    role: { made: (transport) => transport.switchProtocol(next.protocol) },
  });
  scene.flow.opened();
  scene.flow.received(bytes("first"));
  scene.turns();
  assert.deepEqual(scene.begun, [undefined], "connect resolves");
  assert.deepEqual(next.calls, ["made", "data first"]);
});

test("two switches in a row from the first connectionMade hold the first byte for the last", () => {
  const last = new Recorder();
  const next = new Recorder({ made: (transport) => transport.switchProtocol(last.protocol) });
  const scene = new Scene({
    role: { made: (transport) => transport.switchProtocol(next.protocol) },
  });
  scene.flow.opened();
  scene.flow.received(bytes("first"));
  scene.turns();
  assert.deepEqual([next.calls, last.calls], [["made"], ["made", "data first"]]);
});

test("a second switch in one turn is BUSY; the first one stays", () => {
  const { scene, next } = switched({});
  assert.throws(() => scene.transport.switchProtocol(new Recorder().protocol), {
    code: "ERR_WIRE_BUSY",
  });
  scene.turns();
  assert.deepEqual(next.calls, ["made"]);
});

test("a switch on a closing or ended connection is CLOSED, and changes nothing", () => {
  const endings: readonly ((scene: Scene) => void)[] = [
    (scene) => scene.transport.loseConnection(),
    (scene) => scene.transport.abortConnection(),
    (scene) => scene.flow.over(RESET),
    (scene) => {
      scene.transport.pauseProducing();
      scene.flow.received(bytes("unread"));
      scene.flow.over();
    },
  ];
  for (const end of endings) {
    const scene = Scene.open();
    end(scene);
    const next = new Recorder();
    assert.throws(() => scene.transport.switchProtocol(next.protocol), { code: "ERR_WIRE_CLOSED" });
    scene.turns();
    assert.deepEqual(next.calls, []);
  }
});

test("after a close in the same turn next is made, gets no data, and is told the end", () => {
  const { scene, next } = switched({}, bytes("early"));
  scene.transport.loseConnection();
  scene.answer();
  scene.flow.peerEnded();
  scene.answer();
  assert.deepEqual(next.calls, ["made", "lost done/us"]);
});

test("connectionMade of next that throws aborts the connection with that error", () => {
  const error = new Error("not me");
  const { scene, next } = switched({
    made: () => {
      throw error;
    },
  });
  scene.answer();
  assert.deepEqual(next.calls, ["made", "lost failed/us/PROTOCOL_THREW"]);
  assert.equal(scene.ended[0]?.error, error);
});

test("what is no protocol, or no bytes, is a TypeError before any effect", () => {
  const scene = Scene.open();
  const half = { connectionMade() {}, dataReceived() {} };
  assert.throws(
    () => scene.transport.switchProtocol(half as never),
    /connectionLost\(\) is needed/,
  );
  const next = new Recorder();
  assert.throws(() => scene.transport.switchProtocol(next.protocol, "early" as never), TypeError);
  scene.flow.received(bytes("mine still"));
  assert.equal(scene.calls.at(-1), "data mine still");
});
