import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import type { Bytes, PushProducer } from "../../src/contract/index.ts";
import { isAbortable, isHalfCloseable } from "../../src/contract/index.ts";
import { FlowTransport } from "../../src/flow/index.ts";
import { bytes } from "./recorder.ts";
import { Scene } from "./scene.ts";

test("write takes bytes of any realm and any kind of Uint8Array, and nothing else", () => {
  const scene = Scene.open();
  scene.transport.write(Buffer.from("buffer"));
  scene.transport.write(runInNewContext("new Uint8Array(3)") as Bytes);
  assert.equal(scene.ledger.accepted, 9);
  const wrong: unknown[] = [
    "text",
    null,
    undefined,
    7,
    [1],
    new ArrayBuffer(1),
    new Uint16Array(1),
  ];
  for (const value of wrong) {
    assert.throws(() => scene.transport.write(value as Bytes), TypeError);
    assert.throws(() => scene.transport.writeSequence([value as Bytes]), TypeError);
  }
  assert.throws(() => scene.transport.writeSequence("text" as never), TypeError);
  assert.throws(() => scene.transport.writeSequence(7 as never), TypeError);
  assert.equal(scene.ledger.accepted, 9);
});

test("bad arguments throw after the end too", () => {
  const scene = Scene.open();
  scene.close();
  assert.throws(() => scene.transport.write("text" as never), /encode text first/);
  assert.throws(() => scene.transport.registerProducer({} as never, true), TypeError);
  assert.throws(() => scene.transport.setLimits({ idleMs: -1 }), RangeError);
});

test("registerProducer checks each method it will call, and the kind, before any effect", () => {
  const scene = Scene.open();
  const pull = { resumeProducing() {}, stopProducing() {} };
  const register = (producer: unknown, streaming: unknown) => (): void =>
    scene.transport.registerProducer(producer as PushProducer, streaming as true);
  assert.throws(register(pull, true), /pauseProducing\(\) is needed/);
  assert.throws(register({ resumeProducing() {} }, false), /stopProducing\(\) is needed/);
  assert.throws(register(pull, 0), TypeError);
  assert.throws(register(null, false), TypeError);
  scene.transport.registerProducer(pull, false);
});

test("what the wire cannot do is refused by name, and the connection goes on", () => {
  const scene = Scene.open({ capabilities: ["linger"] });
  for (const verb of ["abortConnection", "loseWriteConnection"] as const) {
    assert.throws(() => scene.transport[verb](), { code: "ERR_WIRE_UNSUPPORTED" });
  }
  const can = [isAbortable(scene.transport), isHalfCloseable(scene.transport)];
  assert.deepEqual(can, [false, false]);
  scene.transport.write(bytes("still here"));
  scene.answer();
  assert.equal(scene.ledger.sent, 10);
});

test("setLimits refuses what is no limit, and changes nothing then", () => {
  const scene = Scene.open({ limits: { idleMs: 1000 } });
  for (const wrong of [{ pony: 1 }, { idleMs: "1" }, { idleMs: Number.NaN }, { readLow: 1e9 }]) {
    assert.throws(() => scene.transport.setLimits({ ...wrong } as never), RangeError);
  }
  scene.advance(999);
  assert.equal(scene.wire.count("abort"), 0);
  scene.advance(1);
  assert.equal(scene.wire.count("abort"), 1);
});

test("setLimits takes effect at once: idleMs begins anew", () => {
  const scene = Scene.open({ limits: { idleMs: 1000 } });
  scene.advance(900);
  scene.transport.setLimits({ idleMs: 5000 });
  scene.advance(4999);
  assert.equal(scene.wire.count("abort"), 0);
  scene.advance(1);
  assert.equal(scene.wire.count("abort"), 1);
  const off = Scene.open({ limits: { idleMs: 1000 } });
  off.transport.setLimits({ idleMs: Infinity });
  off.advance(10_000);
  assert.ok(off.isAlive);
});

test("a wire can offer a transport of its own, and the protocol holds that one", () => {
  class PigeonTransport extends FlowTransport {
    readonly feathers = 2;
  }
  const scene = Scene.open({ flow: { transport: (calls) => new PigeonTransport(calls) } });
  assert.ok(scene.near.transport instanceof PigeonTransport);
});

test("the ledger is a snapshot", () => {
  const scene = Scene.open();
  const before = scene.ledger;
  scene.transport.write(bytes("x"));
  assert.equal(before.accepted, 0);
});
