import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Address, Bytes, Chance, CloseCause } from "../../src/contract/index.ts";
import type { Facts, Wire } from "../../src/flow/index.ts";
import type { Join } from "../../src/memory/index.ts";
import { pumps, seededChance, Trace, VirtualRuntime, Weather } from "../../src/memory/index.ts";
import { joinPlainly, Link } from "../../src/memory/link.ts";
import { encode, patterned } from "./bytes.ts";

const leftAddress: Address = { kind: "loopback", side: "left" };
const rightAddress: Address = { kind: "loopback", side: "right" };

/** Uses a wire as flow would, and holds it to the rules for facts. */
class Checker implements Facts {
  readonly told: string[] = [];
  readonly chunks: Bytes[] = [];
  wire!: Wire;
  inFlight = 0;
  isEndAsked = false;
  isLeft = false;
  #isInVerb = false;
  #turn = 0;
  #verbTurn = -1;
  #isPeerEnded = false;
  #isOver = false;

  attach(make: (facts: Facts) => Wire): this {
    this.wire = make(this);
    return this;
  }

  verb(call: (wire: Wire) => void): void {
    this.#isInVerb = true;
    this.#verbTurn = this.#turn;
    call(this.wire);
    this.#isInVerb = false;
  }

  nextTurn(): void {
    this.#turn += 1;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  opened(): void {}

  received(chunk: Bytes): void {
    this.#fact(`received ${chunk.byteLength}`);
    assert.ok(chunk.byteLength > 0, "an empty chunk");
    assert.equal(this.#isPeerEnded, false, "received after the peer's end");
    this.chunks.push(chunk);
  }

  sent(byteCount: number): void {
    assert.equal(this.#isOver, false, "sent after over");
    assert.ok(byteCount > 0 && byteCount <= this.inFlight, "more sent than given");
    this.inFlight -= byteCount;
  }

  peerEnded(): void {
    this.#fact("peer ended");
    assert.equal(this.#isPeerEnded, false, "the peer's end twice");
    this.#isPeerEnded = true;
  }

  sendingEnded(): void {
    this.#fact("sending ended");
    assert.equal(this.told.filter((line) => line === "sending ended").length, 1);
  }

  over(cause?: CloseCause): void {
    this.#fact(`over ${cause?.code ?? ""}`.trim());
    assert.notEqual(this.#turn, this.#verbTurn, "over in the verb's own turn");
    this.#isOver = true;
  }

  #fact(line: string): void {
    assert.equal(this.#isInVerb, false, `${line}: from inside a verb`);
    assert.equal(this.#isOver, false, `${line}: after over`);
    this.told.push(line);
  }
}

interface Pair {
  readonly runtime: VirtualRuntime;
  readonly left: Checker;
  readonly right: Checker;
}

function pair(makeJoin: (runtime: VirtualRuntime) => Join = () => joinPlainly, capacity = 0): Pair {
  const runtime = new VirtualRuntime();
  const options = { turn: runtime.turn, leftAddress, rightAddress, capacity };
  const joint = makeJoin(runtime)(options);
  const left = new Checker().attach(joint.left);
  const right = new Checker().attach(joint.right);
  return { runtime, left, right };
}

/** What flow might do next to a wire, drawn by chance. */
function act(side: Checker, chance: Chance): void {
  if (side.isLeft) return;
  const roll = chance.next();
  if (roll < 0.35 && side.inFlight === 0 && !side.isEndAsked) {
    const chunks = [patterned(1 + chance.below(3000)), patterned(1 + chance.below(10))];
    side.inFlight = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
    side.verb((wire) => wire.send(chunks));
  } else if (roll < 0.6) side.verb((wire) => wire.resumeReading());
  else if (roll < 0.75) side.verb((wire) => wire.pauseReading());
  else if (roll < 0.8 && side.inFlight === 0 && !side.isEndAsked) {
    side.isEndAsked = true;
    side.verb((wire) => wire.endSending());
  } else if (roll < 0.82) {
    side.isLeft = true;
    side.verb((wire) => wire.close());
  } else if (roll < 0.83) {
    side.isLeft = true;
    side.verb((wire) => wire.abort());
  }
}

describe("a link", () => {
  it("keeps the rules for facts, whatever is asked of it in whatever order", () => {
    for (let seed = 0; seed < 300; seed++) {
      const chance = seededChance(seed);
      const underWeather = (runtime: VirtualRuntime): Join =>
        new Weather({ runtime, chance, trace: new Trace() }).join;
      const { runtime, left, right } = pair(
        seed % 2 === 0 ? undefined : underWeather,
        chance.below(2) * 700,
      );
      for (let index = 0; index < 200; index++) {
        act(left, chance);
        act(right, chance);
        left.nextTurn();
        right.nextTurn();
        runtime.step();
      }
      for (const side of [left, right]) {
        if (!side.isLeft) side.verb((wire) => wire.abort());
        side.isLeft = true;
        side.nextTurn();
      }
      runtime.advance(60_000);
      assert.ok(left.isOver && right.isOver, `seed ${seed}: never over`);
      assert.equal(runtime.scheduled, 0);
    }
  });

  it("does not read before it is asked to, and keeps the end behind the bytes", () => {
    const { runtime, left, right } = pair();
    left.inFlight = 3;
    left.verb((wire) => wire.send([encode("abc")]));
    runtime.advance(0);
    assert.deepEqual(right.told, []);
    right.nextTurn();
    right.verb((wire) => wire.resumeReading());
    runtime.advance(0);
    assert.equal(left.inFlight, 0);
    left.verb((wire) => wire.endSending());
    runtime.advance(0);
    assert.deepEqual(right.told, ["received 3", "peer ended"]);
    assert.deepEqual(left.told, ["sending ended"]);
  });

  it("confirms an end that a paused reader has not seen yet, as a kernel does", () => {
    const { runtime, left, right } = pair();
    left.verb((wire) => wire.endSending());
    runtime.advance(0);
    assert.deepEqual(left.told, ["sending ended"]);
    assert.deepEqual(right.told, []);
    right.verb((wire) => wire.resumeReading());
    runtime.advance(0);
    assert.deepEqual(right.told, ["peer ended"]);
  });

  it("stops in the middle of what waits when the reader pauses there, and tells what it took", () => {
    const runtime = new VirtualRuntime();
    const link = new Link({ turn: runtime.turn, leftAddress, rightAddress, pump: pumps.oneByte });
    const left = new Checker().attach((facts) => link.left.attach(facts));
    const right = new Checker().attach((facts) => link.right.attach(facts));
    const received = right.received.bind(right);
    right.received = (chunk) => {
      received(chunk);
      if (right.told.length === 3) right.wire.pauseReading();
    };
    left.inFlight = 6;
    left.verb((wire) => wire.send([encode("abcdef")]));
    right.verb((wire) => wire.resumeReading());
    runtime.advance(0);
    assert.deepEqual([right.told.length, left.inFlight], [3, 3]);
    right.verb((wire) => wire.resumeReading());
    runtime.advance(0);
    assert.deepEqual([right.told.length, left.inFlight], [6, 0]);
  });

  it("moves at most 1 MiB in a turn, however much it is given", () => {
    const { runtime, left, right } = pair();
    left.inFlight = 3 * 1024 * 1024 + 5;
    left.verb((wire) => wire.send([new Uint8Array(left.inFlight)]));
    right.verb((wire) => wire.resumeReading());
    const moved: number[] = [];
    for (let before = left.inFlight; runtime.step(); before = left.inFlight) {
      moved.push(before - left.inFlight);
    }
    assert.deepEqual(moved, [1024 * 1024, 1024 * 1024, 1024 * 1024, 5]);
  });

  it("is over on one side only when that side lets go in order", () => {
    const { runtime, left, right } = pair();
    right.verb((wire) => wire.resumeReading());
    left.verb((wire) => wire.close());
    left.nextTurn();
    runtime.advance(0);
    assert.deepEqual(left.told, ["over"]);
    assert.deepEqual(right.told, ["peer ended"]);
  });

  it("resets a peer whose bytes were on their way to a side that let go", () => {
    const { runtime, left, right } = pair();
    right.inFlight = 1;
    right.verb((wire) => wire.send([encode("x")]));
    left.verb((wire) => wire.close());
    left.nextTurn();
    right.nextTurn();
    runtime.advance(0);
    assert.deepEqual(right.told, ["over ERR_WIRE_RESET"]);
  });

  it("cuts what it still holds when an abort follows a close", () => {
    const { runtime, left, right } = pair(undefined, 100);
    left.inFlight = 3;
    left.verb((wire) => wire.send([encode("abc")]));
    runtime.advance(0);
    assert.equal(left.inFlight, 0);
    left.verb((wire) => wire.close());
    left.verb((wire) => wire.abort());
    left.nextTurn();
    runtime.advance(0);
    right.verb((wire) => wire.resumeReading());
    runtime.advance(0);
    assert.deepEqual(left.told, ["over"]);
    assert.deepEqual(right.told, ["over ERR_WIRE_RESET"]);
  });

  it("can be reset from outside, or have one direction ended, as networks do", () => {
    const runtime = new VirtualRuntime();
    const make = (): { link: Link; left: Checker; right: Checker } => {
      const link = new Link({ turn: runtime.turn, leftAddress, rightAddress });
      const left = new Checker().attach((facts) => link.left.attach(facts));
      const right = new Checker().attach((facts) => link.right.attach(facts));
      right.verb((wire) => wire.resumeReading());
      right.nextTurn();
      left.nextTurn();
      return { link, left, right };
    };
    const cut = make();
    cut.link.reset();
    runtime.advance(0);
    const reset = ["over ERR_WIRE_RESET"];
    assert.deepEqual([cut.left.told, cut.right.told], [reset, reset]);
    const ended = make();
    ended.left.inFlight = 1;
    ended.left.verb((wire) => wire.send([encode("x")]));
    ended.link.left.sever();
    runtime.advance(0);
    assert.deepEqual([ended.left.told, ended.right.told], [["sending ended"], ["peer ended"]]);
    assert.equal(ended.left.inFlight, 1, "what the peer did not take was never sent");
  });
});
