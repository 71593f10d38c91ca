import assert from "node:assert/strict";
import { test } from "node:test";
import { systemRuntime } from "../../src/flow/index.ts";
import { bytes, RecordingProducer } from "./recorder.ts";
import { Scene } from "./scene.ts";

const MARKS = { writeHigh: 100, writeLow: 20 };

function openWith(producer: RecordingProducer, isPush: boolean): Scene {
  const scene = Scene.open({ limits: MARKS });
  scene.transport.registerProducer(producer, isPush as true);
  return scene;
}

test("a push producer is paused above writeHigh, once, and resumed at writeLow", () => {
  const producer = new RecordingProducer();
  const scene = openWith(producer, true);
  scene.transport.write(new Uint8Array(100));
  assert.deepEqual(producer.told, []);
  scene.transport.write(bytes("x"));
  scene.transport.write(bytes("x"));
  assert.deepEqual(producer.told, ["pause"]);
  scene.turns();
  scene.flow.sent(81);
  assert.deepEqual(producer.told, ["pause"], "21 bytes are left");
  scene.flow.sent(1);
  assert.deepEqual(producer.told, ["pause", "resume"]);
});

test("resumeProducing never comes inside write, even where every send is sent at once", () => {
  const producer = new RecordingProducer();
  const scene = openWith(producer, true);
  scene.wire.takeAtOnce();
  scene.transport.write(new Uint8Array(300 * 1024));
  assert.equal(scene.ledger.unsent, 0);
  assert.deepEqual(producer.told, ["pause"]);
  scene.turns();
  assert.deepEqual(producer.told, ["pause", "resume"]);
});

test("a push producer registered above writeHigh is paused before registerProducer returns", () => {
  const scene = Scene.open({ limits: MARKS });
  scene.transport.write(new Uint8Array(101));
  const producer = new RecordingProducer();
  scene.transport.registerProducer(producer, true);
  assert.deepEqual(producer.told, ["pause"]);
});

test("a pull producer is asked once inside registerProducer, then once per drain", () => {
  const producer: RecordingProducer = new RecordingProducer({
    resume: () => scene.transport.write(bytes("ab")),
  });
  const scene = Scene.open();
  scene.transport.registerProducer(producer, false);
  assert.deepEqual(producer.told, ["resume"]);
  scene.turns();
  scene.flow.sent(1);
  scene.turns();
  assert.deepEqual(producer.told, ["resume"], "a byte is still in flight");
  scene.flow.sent(1);
  assert.deepEqual(producer.told, ["resume", "resume"]);
});

test("a pull producer that writes nothing is stalled, not spun", () => {
  const producer = new RecordingProducer();
  const scene = openWith(producer, false);
  scene.wire.takeAtOnce();
  scene.advance(1000);
  assert.deepEqual(producer.told, ["resume"]);
  scene.transport.write(bytes("at last"));
  scene.turns();
  assert.deepEqual(producer.told, ["resume", "resume"]);
});

test("a pull producer on an always-ready wire starves neither timers nor others", async () => {
  const runtime = systemRuntime();
  const scene = new Scene({ flow: { runtime } });
  const other = new Scene({ flow: { runtime } });
  scene.flow.opened();
  other.flow.opened();
  scene.wire.takeAtOnce();
  let pulls = 0;
  const producer = new RecordingProducer({
    resume: () => {
      pulls += 1;
      if (pulls < 1_000_000) scene.transport.write(bytes("x"));
    },
  });
  scene.transport.registerProducer(producer, false);
  other.transport.write(bytes("me too"));
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.ok(pulls < 1_000_000, "no timer fired before the producer gave up");
  assert.equal(other.wire.count("send"), 1);
  scene.transport.abortConnection();
  scene.flow.over();
  other.flow.over();
});

test("a producer registered after our end is stopped at once and never resumed", () => {
  const scene = Scene.open({ role: { isAware: true } });
  scene.transport.loseWriteConnection();
  scene.answer();
  const producers = [true, false].map((isPush) => {
    const producer = new RecordingProducer();
    scene.transport.registerProducer(producer, isPush as true);
    return producer;
  });
  assert.deepEqual(
    producers.map(({ told }) => told),
    [["stop"], ["stop"]],
  );
});

test("between a close and its first send a producer still registers, and holds the close", () => {
  const scene = Scene.open();
  scene.transport.loseConnection();
  const producer = new RecordingProducer();
  scene.transport.registerProducer(producer, true);
  scene.answer();
  assert.equal(scene.wire.count("endSending"), 0);
  scene.transport.write(bytes("held"));
  scene.transport.unregisterProducer();
  scene.answer();
  scene.flow.peerEnded();
  scene.answer();
  assert.equal(scene.reason, "done/us");
  assert.equal(scene.ledger.sent, 4);
  assert.deepEqual(producer.told, []);
});

test("a second producer is refused whatever the state, and the first stays", () => {
  const producer = new RecordingProducer();
  const scene = openWith(producer, true);
  for (const act of [() => {}, () => scene.transport.loseConnection()]) {
    act();
    assert.throws(() => scene.transport.registerProducer(new RecordingProducer(), true), {
      code: "ERR_WIRE_PRODUCER_REGISTERED",
    });
  }
  scene.answer();
  assert.equal(scene.wire.count("endSending"), 0, "the first one no longer holds the close");
});

test("an unregistered producer is told nothing more, and its successor begins unpaused", () => {
  const first = new RecordingProducer();
  const scene = openWith(first, true);
  scene.transport.write(new Uint8Array(101));
  scene.transport.unregisterProducer();
  scene.turns();
  scene.flow.sent(101);
  const second = new RecordingProducer();
  scene.transport.registerProducer(second, true);
  scene.transport.write(bytes("x"));
  scene.turns();
  scene.flow.sent(1);
  scene.transport.abortConnection();
  scene.answer();
  assert.deepEqual([first.told, second.told], [["pause"], ["stop"]]);
});

test("a successor of a pull producer is not owed the pull of its predecessor", () => {
  const first: RecordingProducer = new RecordingProducer({
    resume: () => scene.transport.write(bytes("x")),
  });
  const scene = Scene.open();
  scene.transport.registerProducer(first, false);
  scene.turns();
  scene.transport.unregisterProducer();
  const second = new RecordingProducer();
  scene.transport.registerProducer(second, false);
  scene.flow.sent(1);
  scene.turns();
  assert.deepEqual(second.told, ["resume"], "it answered its one pull with nothing");
});
