import assert from "node:assert/strict";
import { test } from "node:test";
import type { Protocol } from "../../src/contract/index.ts";
import { ClosedError, LimitError, PeerProtocolError } from "../../src/contract/index.ts";
import type { Role } from "./recorder.ts";
import { bytes, Recorder, RecordingProducer } from "./recorder.ts";
import { Scene } from "./scene.ts";

const boom = new Error("the protocol broke");
const explode = (): never => {
  throw boom;
};
const reject = (): Promise<never> => Promise.reject(boom);

/** What makes each callback of a protocol happen. */
const CALLBACKS: readonly [keyof Role, (scene: Scene) => void][] = [
  ["data", (scene) => scene.flow.received(bytes("x"))],
  ["readLost", (scene) => scene.flow.peerEnded()],
  ["writeLost", (scene) => scene.flow.sendingEnded()],
];

for (const [name, provoke] of CALLBACKS) {
  test(`a throw in ${name} aborts this connection alone, with that error as the reason`, () => {
    const other = Scene.open();
    const scene = Scene.open({ role: { isAware: true, [name]: explode }, runtime: other.runtime });
    provoke(scene);
    assert.equal(scene.wire.count("abort"), 1);
    scene.answer();
    assert.equal(scene.reason, "failed/us/PROTOCOL_THREW");
    assert.equal(scene.ended[0]?.error, boom);
    assert.deepEqual([other.reason, other.wire.count("abort")], [null, 0]);
    assert.deepEqual(scene.errors, [], "the reason is its place, not onError");
  });

  test(`a rejection of ${name} does the same`, async () => {
    const scene = Scene.open({ role: { isAware: true, [name]: reject } });
    provoke(scene);
    assert.equal(scene.wire.count("abort"), 0);
    await new Promise((resolve) => setImmediate(resolve));
    scene.answer();
    assert.equal(scene.reason, "failed/us/PROTOCOL_THREW");
    assert.equal(scene.ended[0]?.error, boom);
  });
}

test("a throw in connectionMade aborts, and rejects the beginning with the error", () => {
  const scene = Scene.open({ role: { made: explode } });
  assert.deepEqual(scene.begun, [boom]);
  scene.answer();
  assert.deepEqual(scene.calls, ["made", "lost failed/us/PROTOCOL_THREW"]);
});

test("a rejection of connectionMade aborts; the beginning had succeeded", async () => {
  const scene = Scene.open({ role: { made: reject } });
  await new Promise((resolve) => setImmediate(resolve));
  scene.answer();
  assert.deepEqual(scene.begun, [undefined]);
  assert.equal(scene.reason, "failed/us/PROTOCOL_THREW");
});

test("what is thrown and is no error becomes one, and keeps what was thrown", () => {
  for (const thrown of ["text", undefined, null, 7]) {
    const scene = Scene.open({
      role: {
        data: () => {
          throw thrown;
        },
      },
    });
    scene.flow.received(bytes("x"));
    scene.answer();
    const error = scene.ended[0]?.error;
    assert.ok(error instanceof Error);
    assert.equal(error.message, String(thrown));
    assert.equal(error.cause, thrown);
  }
});

test("a thrown error that names the culprit is believed", () => {
  const named: readonly [Error, string][] = [
    [new LimitError("read the line", "its length", 10, 11), "failed/us/LIMIT"],
    [new PeerProtocolError("read the frame", "no length"), "failed/peer/PEER_PROTOCOL"],
    [new ClosedError("write elsewhere"), "failed/us/PROTOCOL_THREW"],
  ];
  for (const [error, reason] of named) {
    const scene = Scene.open({
      role: {
        data: () => {
          throw error;
        },
      },
    });
    scene.flow.received(bytes("x"));
    scene.answer();
    assert.equal(scene.reason, reason);
    assert.equal(scene.ended[0]?.error, error);
  }
});

test("after a throw no more data comes, and what is queued is discarded", () => {
  const scene = Scene.open({ role: { data: explode } });
  scene.transport.write(bytes("queued"));
  scene.flow.received(bytes("a"));
  scene.flow.received(bytes("b"));
  scene.answer();
  assert.deepEqual(scene.calls, ["made", "data a", "lost failed/us/PROTOCOL_THREW"]);
  assert.deepEqual([scene.ledger.unsent, scene.ledger.sent], [6, 0]);
});

test("the first throw is the reason; an abort before it stays an abort", () => {
  const scene: Scene = Scene.open({
    role: {
      data: () => {
        scene.transport.abortConnection();
        throw boom;
      },
    },
  });
  scene.flow.received(bytes("x"));
  scene.answer();
  assert.equal(scene.reason, "aborted/us");
});

test("a connectionLost that throws, or rejects, goes to onError with both ends", async () => {
  for (const lost of [explode, reject]) {
    const scene = Scene.open({ role: { lost } });
    scene.close();
    assert.equal(scene.reason, "done/us");
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(scene.errors.length, 1);
    assert.equal(scene.errors[0]?.error, boom);
    const { host, peer } = scene.wire;
    assert.deepEqual(scene.errors[0]?.context, { during: "connectionLost", host, peer });
  }
});

test("a producer that throws aborts with that error, and no call throws", () => {
  const limits = { writeHigh: 10, writeLow: 5 };
  const provoke: Readonly<Record<string, (scene: Scene) => void>> = {
    pause: (scene) => {
      scene.transport.registerProducer(new RecordingProducer({ pause: explode }), true);
      scene.transport.write(new Uint8Array(11));
    },
    resume: (scene) => {
      scene.transport.registerProducer(new RecordingProducer({ resume: explode }), true);
      scene.transport.write(new Uint8Array(11));
      scene.turns();
      scene.flow.sent(11);
    },
    pull: (scene) => {
      scene.transport.registerProducer(new RecordingProducer({ resume: explode }), false);
    },
  };
  for (const [name, happen] of Object.entries(provoke)) {
    const scene = Scene.open({ limits });
    happen(scene);
    scene.flow.over();
    assert.equal(scene.reason, "failed/us/PROTOCOL_THREW", name);
    assert.equal(scene.ended[0]?.error, boom);
  }
});

test("a stopProducing that throws goes to onError, and connectionLost follows all the same", () => {
  const scene = Scene.open();
  scene.transport.registerProducer(new RecordingProducer({ stop: explode }), true);
  scene.transport.abortConnection();
  scene.answer();
  assert.equal(scene.reason, "aborted/us");
  assert.deepEqual(
    scene.errors.map(({ error }) => error),
    [boom],
  );
});

test("a factory that refuses closes at once: no protocol, the beginning is told why", () => {
  const scene = new Scene({ flow: { accept: () => null } });
  scene.flow.opened();
  assert.deepEqual(scene.wire.verbs, ["abort"]);
  scene.flow.over();
  assert.deepEqual(scene.errors, []);
  assert.equal(scene.begun.length, 1);
  assert.match(String(scene.begun[0]), /ended before it opened/);
});

test("a factory that throws, or makes no protocol, refuses, and onError is told", () => {
  const wrong = { connectionMade() {} } as unknown as Protocol;
  for (const accept of [explode, () => wrong]) {
    const scene = new Scene({ flow: { accept } });
    scene.flow.opened();
    scene.flow.over();
    assert.equal(scene.errors.length, 1);
    assert.equal(scene.errors[0]?.context.during, "factory");
    assert.equal(scene.errors[0]?.context.peer, scene.wire.peer);
    assert.deepEqual(scene.begun, [scene.errors[0]?.error]);
    assert.equal(scene.reason, "aborted/us");
  }
});

test("the factory is called with the true peer once every handshake is done", () => {
  const peers: unknown[] = [];
  const near = new Recorder();
  const accept = (peer: unknown): Protocol => {
    peers.push(peer);
    return near.protocol;
  };
  const scene = new Scene({ flow: { accept, handshakes: true } });
  assert.deepEqual(peers, []);
  scene.flow.opened();
  assert.deepEqual(peers, [scene.wire.peer]);
  assert.deepEqual(near.calls, ["made"]);
});

test("addresses are the same values before and after the loss", () => {
  const scene = Scene.open();
  const before = [scene.transport.getHost(), scene.transport.getPeer()];
  scene.close();
  assert.deepEqual([scene.transport.getHost(), scene.transport.getPeer()], before);
  assert.deepEqual(before, [scene.wire.host, scene.wire.peer]);
});
