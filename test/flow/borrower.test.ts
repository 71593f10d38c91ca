import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Bytes, Observer, Protocol } from "../../src/contract/index.ts";
import { LendingLayer } from "./lending-layer.ts";
import { Scene } from "./scene.ts";

const CHUNK = new Uint8Array(5000);

function opened(protocol: Protocol, observer?: Observer): Scene {
  return Scene.open({ flow: { accept: () => protocol, ...(observer && { observer }) } });
}

/** Without connectionMade, which is told in a moment when nothing is lent. */
function ordinary(dataReceived: (data: Bytes) => unknown): Protocol {
  return { connectionMade: () => {}, dataReceived, connectionLost: () => {} };
}

describe("a wire is told that a chunk was not kept", () => {
  test("when a layer of ours says so, and else it is not", () => {
    const answers = [true, false, true];
    const layer = new LendingLayer(() => answers.shift() === true);
    const { flow } = opened(layer);
    assert.deepEqual(
      [1, 2, 3].map(() => flow.received(CHUNK)),
      [true, false, true],
    );
    assert.deepEqual(layer.calls, ["borrow 5000", "borrow 5000", "borrow 5000"]);
    assert.equal(flow.transport.ledger.delivered, 15_000);
  });

  test("never by a protocol of a user, whatever its methods are called and answer", () => {
    const shown: Bytes[] = [];
    const keep = (data: Bytes): boolean => shown.push(data) > 0;
    const alike = { ...ordinary(keep), borrow: keep };
    assert.equal(opened(ordinary(keep)).flow.received(CHUNK), false);
    assert.equal(opened(alike).flow.received(CHUNK), false);
    assert.equal(shown.length, 2);
  });

  test("never by who wraps a layer of ours: what it is given it may keep", () => {
    const shown: Bytes[] = [];
    const keep = (data: Bytes): void => void shown.push(data);
    const proxied = new Proxy(new LendingLayer(), {
      get: (layer, name) => (name === "dataReceived" ? keep : Reflect.get(layer, name)),
    });
    const inherited: Protocol = Object.create(new LendingLayer(), {
      dataReceived: { value: keep },
    }) as Protocol;
    assert.equal(opened(proxied).flow.received(CHUNK), false);
    assert.equal(opened(inherited).flow.received(CHUNK), false);
    assert.equal(shown.length, 2);
  });
});

describe("nothing is lent", () => {
  test("to a layer that has paused: it is given the bytes later, for ever", () => {
    const layer = new LendingLayer();
    const scene = opened(layer);
    layer.transport.pauseProducing();
    assert.equal(scene.flow.received(CHUNK), false);
    layer.transport.resumeProducing();
    assert.equal(scene.flow.received(CHUNK), false, "what waits comes first");
    scene.turns();
    assert.equal(scene.flow.received(CHUNK), true);
    assert.deepEqual(layer.calls, ["borrow 5000", "borrow 5000", "borrow 5000"]);
  });

  test("before the gate is open: it may be kept by then", () => {
    const layer = new LendingLayer();
    const scene = new Scene({ flow: { accept: () => layer } });
    scene.flow.opened();
    assert.equal(scene.flow.received(CHUNK), false);
    scene.turns();
    assert.equal(layer.calls.length, 1);
  });

  test("where somebody observes, who may keep what he is shown", () => {
    const shown: Bytes[] = [];
    const scene = opened(new LendingLayer(), { bytes: (_, data) => void shown.push(data) });
    assert.equal(scene.flow.received(CHUNK), false);
    assert.equal(shown.length, 1);
  });

  test("where an observer leaves while he is shown it", () => {
    const layer = new LendingLayer();
    const scene = opened(layer);
    const watching = scene.transport.observe({ bytes: () => watching[Symbol.dispose]() });
    assert.equal(scene.flow.received(CHUNK), false);
    assert.equal(scene.flow.received(CHUNK), true);
  });

  test("by a layer that throws, and its connection fails as any other", () => {
    const error = new Error("in a layer");
    const scene = opened(
      new LendingLayer(() => {
        throw error;
      }),
    );
    assert.equal(scene.flow.received(CHUNK), false);
    scene.answer();
    assert.equal(scene.ended[0]?.error, error);
  });

  test("to whom a layer has handed the connection over", () => {
    const kept: Bytes[] = [];
    const layer = new LendingLayer();
    const scene = opened(layer);
    layer.transport.switchProtocol(ordinary((data) => kept.push(data)));
    assert.equal(scene.flow.received(CHUNK), false);
    scene.turns();
    assert.equal(scene.flow.received(CHUNK), false);
    assert.equal(kept.length, 2);
  });

  test("after a close, when there is nobody to say it", () => {
    const layer = new LendingLayer();
    const scene = opened(layer);
    layer.transport.loseConnection();
    assert.equal(scene.flow.received(CHUNK), false);
    scene.close();
    assert.equal(scene.flow.received(CHUNK), false);
    assert.deepEqual(layer.calls, ["lost"]);
  });
});
