import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConnectionLimits } from "../../src/contract/index.ts";
import type { FlowCalls } from "../../src/flow/index.ts";
import { FlowTransport } from "../../src/flow/index.ts";
import { bytes } from "./recorder.ts";
import { Scene } from "./scene.ts";

/** A connection on which `written` bytes wait, told to come to rest; `told` is what it answered. */
function resting(
  written: number,
  limits: Partial<ConnectionLimits> = {},
): { readonly scene: Scene; readonly told: boolean[] } {
  let calls!: FlowCalls;
  const transport = (given: FlowCalls): FlowTransport => {
    calls = given;
    return new FlowTransport(given);
  };
  const scene = Scene.open({ role: { isAware: true }, limits, flow: { transport } });
  if (written > 0) scene.transport.write(new Uint8Array(written));
  const told: boolean[] = [];
  calls.comeToRest((wasSent) => void told.push(wasSent));
  scene.turns();
  return { scene, told };
}

test("coming to rest, nothing is read until all is sent; then what was held is delivered", () => {
  const { scene, told } = resting(10);
  assert.deepEqual(scene.wire.verbs, ["resumeReading", "pauseReading", "send 10"]);
  scene.flow.received(bytes("was on its way"));
  scene.flow.sent(9);
  scene.turns();
  assert.deepEqual([scene.calls, told], [["made"], []]);
  scene.flow.sent(1);
  assert.deepEqual([scene.calls, told], [["made"], [true]]);
  scene.turns();
  assert.deepEqual(scene.calls, ["made", "data was on its way"]);
  assert.equal(scene.wire.verbs.at(-1), "resumeReading");
});

test("coming to rest with nothing to send is told at once, and reading goes on", () => {
  const { scene, told } = resting(0);
  assert.deepEqual(told, [true]);
  scene.flow.received(bytes("more"));
  assert.deepEqual(scene.calls, ["made", "data more"]);
});

test("coming to rest, a stall is bounded by 60 s though stallMs is off, anew with each byte", () => {
  const { scene, told } = resting(10);
  scene.advance(59_999);
  scene.flow.sent(1);
  scene.advance(59_999);
  assert.equal(scene.wire.count("abort"), 0);
  scene.advance(1);
  scene.answer();
  assert.deepEqual([scene.reason, told], ["timeout/us/STALL", [false]]);
});

test("coming to rest, stallMs holds where it is given", () => {
  const { scene, told } = resting(10, { stallMs: 1000 });
  scene.advance(1000);
  assert.equal(scene.wire.count("abort"), 1);
  scene.flow.over();
  assert.deepEqual([scene.reason, told], ["timeout/us/STALL", [false]]);
});

test("at rest, what is written later is not bounded where stallMs is off", () => {
  const { scene, told } = resting(1);
  scene.flow.sent(1);
  assert.deepEqual(told, [true]);
  scene.transport.write(bytes("x"));
  scene.advance(3_600_000);
  assert.ok(scene.isAlive);
});

test("an end that waits for its reader does not wait for one that comes to rest", () => {
  const { scene, told } = resting(10);
  scene.flow.received(bytes("last words"));
  scene.flow.over();
  scene.turns();
  assert.deepEqual(told, [false]);
  assert.equal(scene.calls.at(1), "data last words");
  assert.equal(scene.ended.length, 1);
});
