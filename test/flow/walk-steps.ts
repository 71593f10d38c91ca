import assert from "node:assert/strict";
import type { CloseCause } from "../../src/contract/index.ts";
import type { WalkKind } from "./random-walk.ts";
import { RandomWalk } from "./random-walk.ts";
import { pattern } from "./walk-pattern.ts";

const RESET: CloseCause = { kind: "lost", by: "peer", code: "ERR_WIRE_RESET" };
const EXIT: CloseCause = {
  kind: "lost",
  by: "peer",
  code: "ERR_WIRE_PROCESS_EXIT",
  exitCode: 1,
};

/** One whole walk: the beginning, some hundred steps, and one of three ways to the end. */
export function walkOnce(seed: number, kind: WalkKind, steps: number): RandomWalk {
  const walk = new RandomWalk(seed, kind);
  try {
    new WalkSteps(walk).run(steps);
  } catch (error) {
    const trail = walk.trail.slice(-60).join("\n");
    const message = `seed ${seed} ${JSON.stringify(kind)}\n${trail}\n${String(error)}`;
    throw new Error(message, { cause: error });
  }
  return walk;
}

class WalkSteps {
  readonly #walk: RandomWalk;
  #met: CloseCause | undefined;

  constructor(walk: RandomWalk) {
    this.#walk = walk;
  }

  run(steps: number): void {
    const walk = this.#walk;
    this.#begin();
    for (let step = 0; step < steps && walk.reason === null && walk.ended.length === 0; step++) {
      this.#step();
    }
    walk.isCalm = true;
    const isSilent = walk.kind.time && walk.chance.chance(0.3);
    if (isSilent) this.#endInSilence();
    else this.#endInOrder(walk.chance.chance(0.5));
    // Whatever comes after the end changes nothing.
    walk.isCalm = false;
    if (walk.wire.isOpened) for (let count = 0; count < 5; count++) walk.randomCall();
    if (walk.kind.faults) for (let count = 0; count < 5; count++) this.#fault();
    walk.checkEnd(walk.kind.time, this.#met);
  }

  #begin(): void {
    const walk = this.#walk;
    if (walk.chance.chance(0.02)) this.#over(RESET);
    if (walk.kind.faults && walk.chance.chance(0.1))
      walk.fact("sent early", () => walk.flow.sent(1));
    if (walk.wire.isOver) return;
    walk.wire.isOpened = true;
    walk.fact("opened", () => walk.flow.opened());
  }

  #step(): void {
    const walk = this.#walk;
    const steps: [number, () => void][] = [
      [30, () => walk.randomCall()],
      [20, () => this.#turns()],
      [15, () => this.#received()],
      [15, () => this.#sent()],
      [3, () => this.#answer()],
      [0.5, () => this.#peerEnded()],
      [0.2, () => this.#unaskedEnd()],
      [
        0.3,
        () =>
          this.#over(
            walk.pick([
              [2, undefined],
              [1, RESET],
              [1, EXIT],
            ]),
          ),
      ],
      [1, () => this.#toggleReady()],
    ];
    if (walk.kind.faults) steps.push([0.5, () => this.#fault()]);
    if (walk.kind.time) steps.push([4, () => walk.runtime.advance(walk.chance.below(900))]);
    walk.pick(steps)();
    walk.check();
  }

  #toggleReady(): void {
    const { wire } = this.#walk;
    wire.isAlwaysReady = !wire.isAlwaysReady && wire.inFlight === 0;
  }

  #turns(): void {
    const { runtime } = this.#walk;
    this.#walk.trail.push("turns");
    runtime.advance(0);
  }

  #received(): void {
    const walk = this.#walk;
    const { wire } = walk;
    if (!wire.isOpened || wire.isPeerEnded || wire.isOver) return;
    if (!wire.isReading && !(walk.received > 0 && walk.chance.chance(0.1))) return;
    const byteCount = 1 + walk.chance.below(400);
    walk.fact(`received ${byteCount}`, () => {
      const chunk = pattern(walk.received, byteCount);
      walk.received += byteCount;
      walk.flow.received(chunk);
    });
  }

  #sent(): void {
    const { wire, chance, isCalm } = this.#walk;
    if (wire.inFlight === 0 || wire.isEndTold || wire.isOver) return;
    const isWhole = isCalm || chance.chance(0.5);
    const byteCount = isWhole ? wire.inFlight : 1 + chance.below(wire.inFlight);
    this.#walk.fact(`sent ${byteCount}`, () => wire.reportSent(byteCount));
  }

  /** What the wire owes for what it was asked. */
  #answer(): void {
    const walk = this.#walk;
    const { wire, flow } = walk;
    if (wire.isOver) return;
    if (wire.isLeaving)
      this.#over(
        walk.kind.faults
          ? walk.pick([
              [3, undefined],
              [1, RESET],
            ])
          : undefined,
      );
    else if (wire.isEndAsked && !wire.isEndTold) {
      wire.isEndTold = true;
      walk.fact("sendingEnded", () => flow.sendingEnded());
    }
  }

  #peerEnded(): void {
    const walk = this.#walk;
    const { wire } = walk;
    if (!wire.isOpened || wire.isPeerEnded || wire.isOver) return;
    wire.isPeerEnded = true;
    walk.firstEnd ??= "peer";
    walk.fact("peerEnded", () => walk.flow.peerEnded());
  }

  #unaskedEnd(): void {
    const walk = this.#walk;
    const { wire } = walk;
    if (!wire.isOpened || wire.isEndAsked || wire.isEndTold || wire.isOver || wire.isLeaving)
      return;
    wire.isEndTold = true;
    walk.isUnaskedEnd = true;
    walk.fact("sendingEnded, unasked", () => walk.flow.sendingEnded());
  }

  #over(cause: CloseCause | undefined): void {
    const walk = this.#walk;
    const { wire } = walk;
    if (wire.isOver) return;
    if (cause !== undefined && !wire.isLeaving) walk.blame(named(cause));
    const isUnsent = !wire.isEndTold && walk.pending > 0;
    if (cause === undefined && isUnsent && wire.isOpened) walk.blame("lost/wire/BROKEN");
    if (cause === undefined) walk.firstEnd ??= "peer";
    if (!wire.isComplete) this.#met = cause;
    wire.isOver = true;
    walk.fact(`over ${cause === undefined ? "" : named(cause)}`, () => walk.flow.over(cause));
  }

  /** What no wire may report. */
  #fault(): void {
    const walk = this.#walk;
    const { wire, flow } = walk;
    const afterEnd = (): void => {
      if (walk.isLosing && !wire.isPeerEnded) return;
      walk.received += walk.reason === null && walk.ended.length === 0 ? 5 : 0;
      flow.received(new Uint8Array(5));
    };
    const faults: [number, string, () => void][] = [
      [1, "sent too much", () => flow.sent(wire.inFlight + 1 + walk.chance.below(10))],
      [1, "sent nothing", () => flow.sent(walk.chance.chance(0.5) ? 0 : Number.NaN)],
    ];
    if (wire.isPeerEnded || wire.isOver) {
      faults.push([1, "received after the end", afterEnd]);
      faults.push([1, "peerEnded twice", () => flow.peerEnded()]);
    }
    if (wire.isEndTold) faults.push([1, "sendingEnded twice", () => flow.sendingEnded()]);
    if (wire.isOpened) faults.push([0.2, "opened twice", () => flow.opened()]);
    if (wire.isOver) faults.push([0.2, "over twice", () => flow.over(RESET)]);
    const [, name, report] = walk.pick(faults.map((fault) => [fault[0], fault]));
    const isHarmless = name === "opened twice" || name === "over twice";
    const isLive = wire.isOpened && walk.ended.length === 0 && !wire.isLeaving;
    if (!isHarmless && isLive) walk.cause ??= "lost/wire/BROKEN";
    walk.fact(name, report);
  }

  /** Everybody does what is right: it must end without any time passing. */
  #endInOrder(isHalfClosing: boolean): void {
    const walk = this.#walk;
    for (let round = 0; round < 500 && walk.ended.length === 0; round++) {
      this.#turns();
      this.#sent();
      this.#answer();
      if (!walk.wire.isOpened) this.#over(undefined);
      if (walk.ended.length > 0 || !walk.wire.isOpened) continue;
      walk.unregister();
      if (isHalfClosing) this.#halfClose();
      else walk.loseConnection();
      if (round > 3) this.#peerEnded();
    }
    assert.equal(walk.ended.length, 1, "all was done that had to be, and it has not ended");
  }

  #halfClose(): void {
    const walk = this.#walk;
    walk.resume();
    walk.loseWrite();
  }

  /** Nobody answers but to `close` and `abort`, and perhaps `endSending`: a limit must end it. */
  #endInSilence(): void {
    const walk = this.#walk;
    const isEndTaken = walk.chance.chance(0.5);
    for (let round = 0; round < 60 && walk.ended.length === 0; round++) {
      if (round % 2 === 0) walk.runtime.advance(10_000);
      else this.#turns();
      if (isEndTaken || walk.wire.isLeaving) this.#answer();
      if (walk.ended.length > 0) continue;
      walk.unregister();
      walk.loseConnection();
    }
    assert.equal(walk.ended.length, 1, "ten minutes after loseConnection it has not ended");
  }
}

function named({ kind, by, code }: CloseCause): string {
  return `${kind}/${by}/${code?.replace("ERR_WIRE_", "")}`;
}
