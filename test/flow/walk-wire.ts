import assert from "node:assert/strict";
import type { Address, Bytes } from "../../src/contract/index.ts";
import type { Facts, Wire } from "../../src/flow/index.ts";
import { isPattern } from "./walk-pattern.ts";

/** A wire that carries nothing and lets flow ask nothing that no wire may be asked. */
export class WalkWire implements Wire {
  readonly host: Address = { kind: "memory", name: "here" };
  readonly peer: Address = { kind: "memory", name: "there" };
  readonly facts: Facts;
  /** Whether every `send` is reported as sent from inside it. */
  isAlwaysReady = false;
  isOpened = false;
  isReading = false;
  isEndAsked = false;
  isEndTold = false;
  isPeerEnded = false;
  /** `close` or `abort` was asked. */
  isLeaving = false;
  /** Both directions had ended when `close` was asked: nothing that comes later is the reason. */
  isComplete = false;
  isOver = false;
  inFlight = 0;
  sent = 0;

  constructor(facts: Facts) {
    this.facts = facts;
  }

  send(chunks: readonly Bytes[]): void {
    this.#checkVerb("send");
    assert.ok(this.isOpened && !this.isLeaving, "send on a wire that is not there");
    assert.ok(!this.isEndAsked && !this.isEndTold, "send after our end");
    assert.equal(this.inFlight, 0, "a second send while one is in flight");
    assert.ok(chunks.length > 0, "send of nothing");
    let at = this.sent;
    for (const chunk of chunks) {
      assert.ok(chunk.byteLength > 0, "send of an empty chunk");
      assert.ok(isPattern(chunk, at), `what is sent at ${at} is not what was written`);
      at += chunk.byteLength;
    }
    this.inFlight = at - this.sent;
    if (this.isAlwaysReady) this.reportSent(this.inFlight);
  }

  endSending(): void {
    this.#checkVerb("endSending");
    assert.ok(this.isOpened && !this.isLeaving, "endSending on a wire that is not there");
    assert.ok(!this.isEndAsked && !this.isEndTold, "our end was asked for, or told, before");
    assert.equal(this.inFlight, 0, "endSending while bytes are in flight");
    this.isEndAsked = true;
  }

  pauseReading(): void {
    this.#checkVerb("pauseReading");
    assert.ok(this.isReading, "pauseReading on a wire that does not read");
    this.isReading = false;
  }

  resumeReading(): void {
    this.#checkVerb("resumeReading");
    assert.ok(this.isOpened && !this.isReading, "resumeReading before opened, or twice");
    this.isReading = true;
  }

  close(): void {
    this.#checkVerb("close");
    assert.ok(this.isOpened && !this.isLeaving, "close before opened, or after close or abort");
    assert.ok(this.inFlight === 0 || this.isEndTold, "close while bytes are in flight");
    this.isLeaving = true;
    this.isComplete = this.isPeerEnded && this.isEndTold;
  }

  abort(): void {
    this.#checkVerb("abort");
    assert.ok(!this.isLeaving, "abort after close or abort");
    this.isLeaving = true;
  }

  reportSent(byteCount: number): void {
    this.inFlight -= byteCount;
    this.sent += byteCount;
    this.facts.sent(byteCount);
  }

  #checkVerb(verb: string): void {
    assert.ok(!this.isOver, `${verb} after over`);
  }
}
