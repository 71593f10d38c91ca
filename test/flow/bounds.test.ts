import assert from "node:assert/strict";
import { test } from "node:test";
import { passedBound } from "../../src/flow/causes.ts";
import { VirtualRuntime } from "../../src/memory/index.ts";
import { bytes, RecordingProducer } from "./recorder.ts";
import { Scene } from "./scene.ts";

test("idleMs without a byte either way is IDLE; a byte in, and a byte out, begin it anew", () => {
  const scene = Scene.open({ limits: { idleMs: 1000 } });
  scene.advance(900);
  scene.flow.received(bytes("in"));
  scene.advance(900);
  scene.transport.write(bytes("out"));
  scene.turns();
  scene.flow.sent(3);
  scene.advance(999);
  assert.deepEqual(scene.wire.takeVerbs(), ["send 3"]);
  scene.advance(1);
  scene.answer();
  assert.equal(scene.reason, "timeout/us/IDLE");
});

test("a connection cut for idleness is aborted, so that its stream does not look whole", () => {
  const queued = Scene.open({ limits: { idleMs: 1000 } });
  queued.transport.write(bytes("stuck"));
  queued.advance(1000);
  assert.deepEqual(queued.wire.takeVerbs(), ["send 5", "abort"]);
  const free = Scene.open({ limits: { idleMs: 1000 } });
  free.advance(1000);
  assert.deepEqual(free.wire.takeVerbs(), ["abort"]);
});

test("stallMs counts from the first byte queued, and anew with each byte sent", () => {
  const scene = Scene.open({ limits: { stallMs: 1000 } });
  scene.advance(5000);
  scene.transport.write(new Uint8Array(10));
  scene.advance(600);
  scene.transport.write(new Uint8Array(10));
  scene.advance(399);
  assert.equal(scene.wire.count("abort"), 0);
  scene.flow.sent(5);
  scene.advance(999);
  assert.equal(scene.wire.count("abort"), 0);
  scene.advance(1);
  assert.equal(scene.wire.count("abort"), 1);
  scene.answer();
  assert.equal(scene.reason, "timeout/us/STALL");
  assert.equal(scene.ended[0]?.ledger.unsent, 15);
});

test("more writes keep no stalled connection alive; a queue that drained is not stalled", () => {
  const writing = Scene.open({ limits: { stallMs: 1000 } });
  for (let count = 0; count < 4; count++) {
    writing.transport.write(bytes("x"));
    writing.advance(300);
  }
  writing.answer();
  assert.equal(writing.reason, "timeout/us/STALL");
  const drained = Scene.open({ limits: { stallMs: 1000 } });
  drained.transport.write(bytes("x"));
  drained.turns();
  drained.flow.sent(1);
  drained.advance(10_000);
  assert.ok(drained.isAlive);
});

test("60 s without progress is STALL while closing, though stallMs is off", () => {
  const scene = Scene.open();
  scene.transport.write(bytes("stuck"));
  scene.advance(3_600_000);
  scene.transport.loseConnection();
  scene.advance(59_999);
  assert.deepEqual(scene.wire.takeVerbs(), ["send 5"]);
  scene.advance(1);
  scene.answer();
  assert.equal(scene.reason, "timeout/us/STALL");
});

test("while closing, each byte sent begins the 60 s anew", () => {
  const scene = Scene.open();
  scene.transport.write(new Uint8Array(10));
  scene.transport.loseConnection();
  for (let count = 0; count < 9; count++) {
    scene.advance(59_000);
    scene.flow.sent(1);
  }
  assert.ok(scene.isAlive);
  scene.advance(59_000);
  scene.flow.sent(1);
  assert.deepEqual(scene.wire.takeVerbs(), ["send 10", "endSending"]);
});

test("a close whose end is never taken is STALL: it waits as bytes do", () => {
  const closing = Scene.open();
  closing.transport.loseConnection();
  closing.advance(59_999);
  assert.deepEqual(closing.wire.takeVerbs(), ["endSending"]);
  closing.advance(1);
  assert.deepEqual(closing.wire.takeVerbs(), ["abort"]);
  closing.flow.over();
  assert.equal(closing.reason, "timeout/us/STALL");
  const ending = Scene.open({ role: { isAware: true } });
  ending.transport.loseWriteConnection();
  ending.advance(3_600_000);
  assert.ok(ending.isAlive, "it is not closing yet");
  ending.transport.loseConnection();
  ending.advance(60_000);
  assert.equal(ending.wire.verbs.at(-1), "abort");
});

test("what a producer writes behind a close can stall too", () => {
  const scene = Scene.open();
  scene.transport.registerProducer(new RecordingProducer(), true);
  scene.transport.loseConnection();
  scene.advance(3_600_000);
  assert.ok(scene.isAlive, "a producer may hold a close with nothing queued");
  scene.transport.write(bytes("x"));
  scene.advance(60_000);
  scene.answer();
  assert.equal(scene.reason, "timeout/us/STALL");
});

test("stallMs given later counts for bytes that are stuck already", () => {
  const scene = Scene.open();
  scene.transport.write(bytes("stuck"));
  scene.advance(5000);
  scene.transport.setLimits({ stallMs: 1000 });
  scene.advance(1000);
  scene.answer();
  assert.equal(scene.reason, "timeout/us/STALL");
});

test("lingerIdleMs counts from our end, anew with each byte of the peer, and closes", () => {
  const scene = Scene.open();
  scene.transport.loseConnection();
  scene.answer();
  scene.advance(9000);
  scene.flow.received(bytes("still talking"));
  scene.advance(9999);
  assert.deepEqual(scene.wire.takeVerbs(), []);
  scene.advance(1);
  assert.deepEqual(scene.wire.takeVerbs(), ["close"]);
  scene.flow.over();
  assert.equal(scene.reason, "timeout/us/LINGER");
  assert.match(String(scene.ended[0]?.error?.message), /may not have arrived/);
});

test("a linger does not begin before our end was sent, however long that takes", () => {
  const scene = Scene.open();
  scene.transport.registerProducer(new RecordingProducer(), true);
  scene.transport.loseConnection();
  scene.advance(3_600_000);
  scene.transport.unregisterProducer();
  scene.turns();
  assert.deepEqual(scene.wire.takeVerbs(), ["endSending"]);
  scene.flow.sendingEnded();
  scene.advance(9999);
  assert.deepEqual(scene.wire.takeVerbs(), []);
});

test("lingerTotalMs ends a linger with a peer that talks for ever", () => {
  const scene = Scene.open();
  scene.transport.loseConnection();
  scene.answer();
  for (let count = 0; count < 300; count++) {
    assert.equal(scene.wire.count("close"), 0, `after ${count} s`);
    scene.flow.received(bytes("x"));
    scene.advance(1000);
  }
  scene.answer();
  assert.equal(scene.reason, "timeout/us/LINGER");
});

test("beyond lingerMax the longest lingering is cut, on its own clock only", () => {
  const runtime = new VirtualRuntime();
  const limits = { lingerMax: 2, lingerIdleMs: Infinity, lingerTotalMs: Infinity };
  const [first, second, third] = [1, 2, 3].map(() => Scene.open({ runtime, limits }));
  const elsewhere = Scene.open({ limits });
  for (const scene of [elsewhere, first, second]) {
    scene?.transport.loseConnection();
    scene?.answer();
  }
  assert.ok(first?.isAlive && second?.isAlive);
  third?.transport.loseConnection();
  third?.answer();
  first?.answer();
  assert.equal(first?.reason, "timeout/us/LINGER");
  assert.ok(second?.isAlive && third?.isAlive && elsewhere.isAlive);
});

test("a connection that has ended gives its place among the lingering back", () => {
  const runtime = new VirtualRuntime();
  const limits = { lingerMax: 1 };
  for (let count = 0; count < 3; count++) {
    const scene = Scene.open({ runtime, limits });
    scene.close();
    assert.equal(scene.reason, "done/us");
  }
});

test("a linger does not begin anew, whatever the protocol still asks", () => {
  const scene = Scene.open();
  scene.transport.loseConnection();
  scene.answer();
  for (let second = 0; second < 9; second++) {
    scene.advance(1000);
    scene.transport.loseWriteConnection();
    scene.transport.loseConnection();
    scene.turns();
  }
  assert.ok(scene.isAlive);
  scene.advance(1000);
  assert.deepEqual(scene.wire.takeVerbs(), ["close"]);
});

test("who has ended is not counted as lingering: nobody is cut in its place", () => {
  const runtime = new VirtualRuntime();
  const limits = { lingerMax: 2, lingerIdleMs: Infinity, lingerTotalMs: Infinity };
  const [oldest, ended, newest] = [1, 2, 3].map(() => Scene.open({ runtime, limits }));
  for (const scene of [oldest, ended]) {
    scene?.transport.loseConnection();
    scene?.answer();
  }
  ended?.flow.peerEnded();
  ended?.answer();
  newest?.transport.loseConnection();
  newest?.answer();
  assert.equal(ended?.reason, "done/us");
  assert.ok(oldest?.isAlive && newest?.isAlive);
});

test("halfOpenIdleMs is 60 s for an unaware protocol, and stops its producer", () => {
  const scene = Scene.open();
  const producer = new RecordingProducer();
  scene.transport.registerProducer(producer, true);
  scene.advance(3_600_000);
  scene.flow.peerEnded();
  scene.advance(59_999);
  assert.ok(scene.isAlive);
  scene.advance(1);
  scene.answer();
  assert.equal(scene.reason, "timeout/us/HALF_OPEN");
  assert.deepEqual(producer.told, ["stop"]);
});

test("half-open, each byte sent begins halfOpenIdleMs anew", () => {
  const scene = Scene.open({ limits: { halfOpenIdleMs: 1000 } });
  scene.transport.registerProducer(new RecordingProducer(), true);
  scene.flow.peerEnded();
  for (let count = 0; count < 5; count++) {
    scene.advance(900);
    scene.transport.write(bytes("x"));
    scene.turns();
    scene.flow.sent(1);
  }
  assert.ok(scene.isAlive);
  scene.advance(1000);
  scene.answer();
  assert.equal(scene.reason, "timeout/us/HALF_OPEN");
});

test("with readConnectionLost halfOpenIdleMs is off unless given", () => {
  const role = { isAware: true };
  const off = Scene.open({ role });
  off.flow.peerEnded();
  off.advance(3_600_000);
  assert.ok(off.isAlive);
  const given = Scene.open({ role, limits: { halfOpenIdleMs: 500 } });
  given.flow.peerEnded();
  given.advance(500);
  given.answer();
  assert.equal(given.reason, "timeout/us/HALF_OPEN");
});

test("halfOpenIdleMs given, or taken off, while half-open takes effect", () => {
  const aware = Scene.open({ role: { isAware: true } });
  aware.flow.peerEnded();
  aware.transport.setLimits({ halfOpenIdleMs: 300 });
  aware.advance(300);
  aware.answer();
  assert.equal(aware.reason, "timeout/us/HALF_OPEN");
  const unaware = Scene.open({ limits: { halfOpenIdleMs: 300 } });
  unaware.transport.registerProducer(new RecordingProducer(), true);
  unaware.flow.peerEnded();
  unaware.transport.setLimits({ halfOpenIdleMs: null });
  unaware.advance(59_999);
  assert.ok(unaware.isAlive);
  unaware.advance(1);
  unaware.answer();
  assert.equal(unaware.reason, "timeout/us/HALF_OPEN", "null is 60 s for this protocol");
});

test("halfOpenIdleMs never counts while only our side has ended: a long download", () => {
  const scene = Scene.open({ role: { isAware: true }, limits: { halfOpenIdleMs: 100 } });
  scene.transport.loseWriteConnection();
  scene.answer();
  scene.advance(3_600_000);
  assert.ok(scene.isAlive);
  scene.flow.peerEnded();
  scene.answer();
  assert.equal(scene.reason, "done/us");
});

test("handshakeTimeoutMs ends what does not open: begun is told, no protocol is", () => {
  const scene = new Scene({ flow: { handshakes: true }, limits: { handshakeTimeoutMs: 500 } });
  scene.advance(500);
  assert.deepEqual(scene.wire.takeVerbs(), ["abort"]);
  scene.flow.over();
  assert.equal(scene.reason, "timeout/us/HANDSHAKE");
  assert.deepEqual(scene.calls, []);
  assert.equal((scene.begun[0] as { code?: string }).code, "ERR_WIRE_HANDSHAKE");
});

test("handshakeTimeoutMs does not count on a wire without handshakes, nor once opened", () => {
  const plain = new Scene({ limits: { handshakeTimeoutMs: 500 } });
  plain.advance(1000);
  assert.deepEqual(plain.wire.verbs, []);
  const limits = { handshakeTimeoutMs: 500 };
  const opened = Scene.open({ flow: { handshakes: true }, limits });
  opened.advance(1000);
  assert.ok(opened.isAlive);
});

const SMALL_LIMIT = { writeHigh: 100, writeLow: 10, writeLimit: 1000 };

test("writeLimit: a write begun above writeHigh that passes it aborts, in a later turn", () => {
  const scene = Scene.open({ limits: SMALL_LIMIT });
  scene.transport.write(new Uint8Array(101));
  scene.transport.write(new Uint8Array(900));
  assert.deepEqual(scene.wire.verbs, ["resumeReading"], "inside the call");
  scene.turns();
  assert.deepEqual(scene.wire.takeVerbs().at(-1), "abort");
  scene.flow.over();
  assert.equal(scene.reason, "failed/us/LIMIT");
  const error = scene.ended[0]?.error as { limit?: number; value?: number };
  assert.deepEqual([error.limit, error.value], [1000, 1001]);
});

test("writeLimit: one large write never passes it, nor writes that stay within", () => {
  const scene = Scene.open({ limits: SMALL_LIMIT });
  scene.transport.write(new Uint8Array(100));
  scene.transport.write(new Uint8Array(1_000_000));
  scene.turns();
  assert.equal(scene.wire.count("abort"), 0);
  const within = Scene.open({ limits: SMALL_LIMIT });
  within.transport.write(new Uint8Array(500));
  within.transport.write(new Uint8Array(500));
  within.turns();
  assert.equal(within.wire.count("abort"), 0);
});

test("no limit ends a connection after it has ended, and none is left running", () => {
  const limits = { idleMs: 100, stallMs: 100, lingerIdleMs: 100, halfOpenIdleMs: 100 };
  const scene = Scene.open({ limits });
  scene.transport.write(bytes("x"));
  scene.close();
  assert.equal(scene.reason, "done/us");
  assert.equal(scene.runtime.scheduled, 0);
});

test("what is said of a limit has its value, and the option that sets it", () => {
  const { error } = passedBound("idle", 1500);
  assert.equal(error?.message, "no byte moved either way for 1.5 s (idleMs)");
  assert.match(passedBound("halfOpen", 250).error?.message ?? "", / for 250 ms \(halfOpenIdleMs\)/);
  assert.match(passedBound("lingerMax", 1000).error?.message ?? "", /than 1000 .*\(lingerMax\)/);
});
