import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bytes } from "../../src/contract/index.ts";
import { bytes, RecordingProducer, text } from "./recorder.ts";
import { Scene } from "./scene.ts";
import { ScriptedWire } from "./scripted-wire.ts";

const KIB = 1024;

test("writes of one turn leave in one send, the very chunks, in order, when the turn ends", () => {
  const scene = Scene.open();
  const chunks = ["a", "bc", "def"].map(bytes);
  for (const chunk of chunks) scene.transport.write(chunk);
  assert.deepEqual(scene.wire.takeVerbs(), [], "nothing leaves inside the turn");
  scene.turns();
  assert.deepEqual(scene.wire.takeVerbs(), ["send 6"]);
  assert.ok(
    scene.wire.sends[0]?.every((chunk, at) => chunk === chunks[at]),
    "chunks were copied",
  );
});

test("ten awaited writes leave in one send", async () => {
  const scene = Scene.open();
  const tenWrites = async (): Promise<void> => {
    for (let count = 0; count < 10; count++) {
      scene.transport.write(bytes("x"));
      await Promise.resolve();
    }
  };
  scene.runtime.turn.later(() => void tenWrites());
  await scene.runtime.run(() => scene.wire.sends.length > 0);
  assert.deepEqual(scene.wire.takeVerbs(), ["send 10"]);
});

test("above 256 KiB what is queued leaves at once, at exactly that much it waits", () => {
  const scene = Scene.open();
  scene.transport.write(new Uint8Array(256 * KIB));
  assert.deepEqual(scene.wire.takeVerbs(), []);
  scene.transport.write(bytes("x"));
  assert.deepEqual(scene.wire.takeVerbs(), [`send ${256 * KIB + 1}`]);
});

test("one send is in flight at a time, and what was written meanwhile leaves together", () => {
  const scene = Scene.open();
  scene.transport.write(bytes("first"));
  scene.turns();
  for (const word of ["second", "third"]) {
    scene.transport.write(bytes(word));
    scene.turns();
  }
  scene.flow.sent(4);
  assert.deepEqual(scene.wire.takeVerbs(), ["send 5"], "one byte of it is still in flight");
  assert.deepEqual([scene.ledger.sent, scene.ledger.inFlight, scene.ledger.unsent], [4, 1, 12]);
  scene.flow.sent(1);
  assert.deepEqual(scene.wire.sends[1]?.map(text), ["second", "third"]);
});

test("sent may come inside send: the queue goes on without growing the stack", () => {
  const scene = Scene.open();
  scene.wire.takeAtOnce();
  const count = 20_000;
  scene.transport.write(new Uint8Array(count * 1024));
  scene.transport.loseConnection();
  scene.turns();
  assert.equal(scene.ledger.sent, count * 1024);
  assert.equal(scene.wire.verbs.at(-1), "endSending");
});

test("what a sent inside a send makes due is done once, after the send has returned", () => {
  const scene = Scene.open();
  let isInside = false;
  scene.wire.onSend = (byteCount) => {
    assert.ok(!isInside, "a send inside a send");
    isInside = true;
    scene.flow.sent(byteCount);
    isInside = false;
  };
  scene.transport.write(new Uint8Array(300 * KIB));
  scene.transport.write(new Uint8Array(300 * KIB));
  scene.transport.loseConnection();
  assert.deepEqual(scene.wire.takeVerbs(), [`send ${300 * KIB}`, `send ${300 * KIB}`]);
  scene.turns();
  assert.deepEqual(scene.wire.takeVerbs(), ["endSending"]);
});

test("a send is at most 1 MiB, and 64 KiB while closing, so that progress shows", () => {
  const scene = Scene.open();
  const all = new Uint8Array(3 * KIB * KIB).map((_, at) => at % 251);
  scene.transport.write(all);
  scene.flow.sent(KIB * KIB);
  scene.transport.loseConnection();
  scene.wire.takeVerbs();
  scene.flow.sent(KIB * KIB);
  scene.answer();
  const sizes = scene.wire.sends.map((chunks) => chunks.reduce((sum, c) => sum + c.byteLength, 0));
  assert.deepEqual(sizes.slice(0, 3), [KIB * KIB, KIB * KIB, 64 * KIB]);
  assert.equal(sizes.length, 2 + 16);
  assert.deepEqual(Buffer.concat(scene.wire.sends.flat() as Bytes[]), Buffer.from(all));
});

test("a wire that tells of each part as it goes is given as much while closing", () => {
  const scene = Scene.open({ make: PartsWire });
  scene.transport.write(new Uint8Array(3 * KIB * KIB));
  scene.transport.loseConnection();
  scene.wire.takeVerbs();
  scene.flow.sent(100 * KIB);
  assert.deepEqual(scene.wire.takeVerbs(), [], "one send is in flight until all of it is told");
  scene.flow.sent(924 * KIB);
  scene.flow.sent(KIB * KIB);
  assert.deepEqual(scene.wire.takeVerbs(), [`send ${KIB * KIB}`, `send ${KIB * KIB}`]);
});

test("a sequence is one write: nothing of it is queued when one of it is not bytes", () => {
  const scene = Scene.open();
  const wrong = [bytes("a"), "b"] as unknown as Bytes[];
  assert.throws(() => scene.transport.writeSequence(wrong), TypeError);
  assert.equal(scene.ledger.accepted, 0);
  scene.transport.writeSequence(new Set([bytes("a"), bytes(""), bytes("b")]));
  scene.turns();
  assert.deepEqual(scene.wire.sends[0]?.map(text), ["a", "b"]);
});

test("empty writes are no writes: nothing is sent, no producer is owed a pull", () => {
  const scene = Scene.open();
  const producer = new RecordingProducer();
  scene.transport.registerProducer(producer, false);
  scene.transport.write(new Uint8Array());
  scene.transport.writeSequence([new Uint8Array()]);
  scene.turns();
  assert.deepEqual(scene.wire.takeVerbs(), []);
  assert.deepEqual(producer.told, ["resume"]);
});

test("writes after a close are counted as dropped; after the end not at all", () => {
  const scene = Scene.open();
  scene.transport.write(bytes("sent"));
  scene.transport.loseConnection();
  scene.transport.write(bytes("late"));
  scene.answer();
  scene.flow.peerEnded();
  scene.answer();
  scene.transport.write(bytes("later still"));
  const { accepted, sent, dropped, unsent } = scene.ledger;
  assert.deepEqual(
    { accepted, sent, dropped, unsent },
    { accepted: 8, sent: 4, dropped: 4, unsent: 0 },
  );
});

test("an abort discards what is queued, and tells what was in flight as unsent", () => {
  const scene = Scene.open();
  scene.transport.write(bytes("in flight"));
  scene.turns();
  scene.transport.write(bytes("queued"));
  scene.transport.abortConnection();
  scene.answer();
  assert.equal(scene.reason, "aborted/us");
  const { sent, unsent, inFlight } = scene.ledger;
  assert.deepEqual({ sent, unsent, inFlight }, { sent: 9, unsent: 6, inFlight: 0 });
  assert.deepEqual(scene.wire.sends.length, 1);
});

class PartsWire extends ScriptedWire {
  readonly tellsParts = true;
}
