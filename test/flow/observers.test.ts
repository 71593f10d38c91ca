import assert from "node:assert/strict";
import { test } from "node:test";
import type { Observer, Transport } from "../../src/contract/index.ts";
import { observe } from "../../src/flow/index.ts";
import { bytes, RecordingProducer, summary, text } from "./recorder.ts";
import { Scene } from "./scene.ts";

class Witness implements Observer {
  readonly saw: string[] = [];

  opened(): void {
    this.saw.push("opened");
  }

  bytes(direction: string, data: Uint8Array): void {
    this.saw.push(`${direction} ${text(data)}`);
  }

  paused(direction: string): void {
    this.saw.push(`paused ${direction}`);
  }

  resumed(direction: string): void {
    this.saw.push(`resumed ${direction}`);
  }

  ended(reason: Parameters<NonNullable<Observer["ended"]>>[0]): void {
    this.saw.push(`ended ${summary(reason)}`);
  }
}

test("an observer sees a whole connection, and its end before the protocol does", () => {
  const witness = new Witness();
  const seenAtLost: string[] = [];
  const scene = Scene.open({
    observer: witness,
    limits: { writeHigh: 3, writeLow: 1 },
    role: { lost: () => void seenAtLost.push(...witness.saw.slice(-1)) },
  });
  scene.flow.received(bytes("hi"));
  scene.transport.pauseProducing();
  scene.transport.resumeProducing();
  scene.transport.registerProducer(new RecordingProducer(), true);
  scene.transport.write(bytes("four"));
  scene.turns();
  scene.flow.sent(4);
  scene.transport.unregisterProducer();
  scene.wire.takeVerbs();
  scene.close();
  assert.deepEqual(witness.saw, [
    "opened",
    "in hi",
    "paused in",
    "resumed in",
    "paused out",
    "out four",
    "resumed out",
    "ended done/us",
  ]);
  assert.deepEqual(seenAtLost, ["ended done/us"]);
});

test("an observer sees bytes as they are delivered, not as they arrive", () => {
  const witness = new Witness();
  const scene = Scene.open();
  observe(scene.transport, witness);
  scene.transport.pauseProducing();
  scene.flow.received(bytes("held"));
  assert.deepEqual(witness.saw, ["paused in"]);
  scene.transport.resumeProducing();
  scene.turns();
  assert.deepEqual(witness.saw, ["paused in", "resumed in", "in held"]);
});

test("an observer that throws is reported, called again, and disturbs nobody", () => {
  const witness = new Witness();
  const scene = Scene.open({
    observer: {
      bytes: () => {
        throw new Error("the observer broke");
      },
    },
  });
  observe(scene.transport, witness);
  scene.flow.received(bytes("a"));
  scene.flow.received(bytes("b"));
  assert.deepEqual(scene.calls, ["made", "data a", "data b"]);
  assert.deepEqual(witness.saw, ["in a", "in b"]);
  assert.deepEqual(
    scene.errors.map(({ context }) => context.during),
    ["observer", "observer"],
  );
});

test("disposing stops it, and a second observer goes on", () => {
  const scene = Scene.open();
  const [first, second] = [new Witness(), new Witness()];
  const watching = observe(scene.transport, first);
  observe(scene.transport, second);
  scene.flow.received(bytes("a"));
  watching[Symbol.dispose]();
  scene.flow.received(bytes("b"));
  assert.deepEqual([first.saw, second.saw], [["in a"], ["in a", "in b"]]);
});

test("an observer can be made anew for each connection", () => {
  const witnesses: Witness[] = [];
  const make = (): Witness => {
    const witness = new Witness();
    witnesses.push(witness);
    return witness;
  };
  for (let count = 0; count < 2; count++) Scene.open({ flow: { observer: make } });
  assert.deepEqual(
    witnesses.map(({ saw }) => saw),
    [["opened"], ["opened"]],
  );
});

test("a transport that reports nothing is refused by name", () => {
  const dumb = { write() {} } as unknown as Transport;
  assert.throws(() => observe(dumb, {}), { code: "ERR_WIRE_UNSUPPORTED" });
});
