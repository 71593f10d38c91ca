import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Transport } from "../../src/contract/index.ts";
import { isWireError } from "../../src/contract/index.ts";
import { foundationOf, systemRuntime, takeOver, whenSent } from "../../src/flow/index.ts";
import { Recorder } from "./recorder.ts";
import { Scene } from "./scene.ts";

describe("what a layer asks of the transport beneath", () => {
  test("its runtime, and a depth one above it", () => {
    const scene = new Scene({ flow: { depth: 2 } });
    scene.flow.opened();
    assert.deepEqual(foundationOf(scene.flow.transport), { runtime: scene.runtime, depth: 3 });
  });

  test("of a transport of somebody else's: the system's runtime, and flushed()", async () => {
    const foreign = { flushed: () => Promise.resolve() } as unknown as Transport;
    assert.deepEqual(foundationOf(foreign), { runtime: systemRuntime(), depth: 1 });
    assert.equal(await new Promise((resolve) => whenSent(foreign, resolve)), true);
    const broken = { flushed: () => Promise.reject(new Error("lost")) } as unknown as Transport;
    assert.equal(await new Promise((resolve) => whenSent(broken, resolve)), false);
  });

  test("whenSent tells once the bytes accepted by then are sent, and not before", () => {
    const scene = new Scene();
    scene.flow.opened();
    const told: string[] = [];
    scene.flow.transport.write(new Uint8Array(100));
    whenSent(scene.flow.transport, (wasSent) => told.push(`first ${wasSent}`));
    scene.flow.transport.write(new Uint8Array(50));
    whenSent(scene.flow.transport, (wasSent) => told.push(`second ${wasSent}`));
    scene.runtime.advance(0);
    assert.deepEqual(told, []);
    scene.flow.sent(100);
    assert.deepEqual(told, ["first true"]);
    scene.flow.sent(50);
    assert.deepEqual(told, ["first true", "second true"]);
  });

  test("whenSent tells that they are lost", () => {
    const scene = new Scene();
    scene.flow.opened();
    const told: boolean[] = [];
    scene.flow.transport.write(new Uint8Array(100));
    whenSent(scene.flow.transport, (wasSent) => told.push(wasSent));
    scene.flow.transport.abortConnection();
    scene.flow.over();
    assert.deepEqual(told, [false]);
  });

  test("takeOver gives the connection to the layer, and the old reference takes no more", () => {
    const scene = new Scene({ limits: { idleMs: 77 } });
    scene.flow.opened();
    const old = scene.flow.transport;
    const layer = new Recorder();
    const taken = takeOver(old, layer.protocol, new Uint8Array([1, 2]));
    assert.equal(taken.protocol, scene.near.protocol);
    assert.equal(taken.limits.idleMs, 77);
    assert.throws(
      () => old.write(new Uint8Array(1)),
      (error) => isWireError(error) && error.code === "ERR_WIRE_CLOSED",
    );
    scene.runtime.advance(0);
    taken.transport.write(new Uint8Array(5));
    assert.equal(taken.transport.ledger.accepted, 5);
    assert.throws(() => takeOver(old, layer.protocol), /a layer has taken it over/);
  });

  test("takeOver refuses a transport of somebody else's, and what is no layer", () => {
    const scene = new Scene();
    scene.flow.opened();
    const layer = new Recorder().protocol;
    assert.throws(() => takeOver({} as Transport, layer), /not made by flow/);
    assert.throws(() => takeOver(scene.flow.transport, {} as never), TypeError);
    assert.throws(() => takeOver(scene.flow.transport, layer, "early" as never), TypeError);
    scene.flow.transport.write(new Uint8Array(1));
  });
});
