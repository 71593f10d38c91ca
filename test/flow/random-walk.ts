import assert from "node:assert/strict";
import type { Bytes, Chance, CloseCause, CloseReason, Ledger } from "../../src/contract/index.ts";
import { isWireError, resolveLimits } from "../../src/contract/index.ts";
import type { FlowTransport } from "../../src/flow/index.ts";
import { Flow } from "../../src/flow/index.ts";
import { seededChance, VirtualRuntime } from "../../src/memory/index.ts";
import { summary } from "./recorder.ts";
import { assertBalanced } from "./scene.ts";
import { isPattern, pattern } from "./walk-pattern.ts";
import { EARLY_BYTE, WalkProducer, WalkProtocol } from "./walk-protocol.ts";
import { WalkWire } from "./walk-wire.ts";

/** What can happen to a walk beside what wires and protocols do in the best of cases. */
export interface WalkKind {
  /** The wire reports what no wire may. */
  readonly faults: boolean;
  /** Callbacks throw. */
  readonly throws: boolean;
  /** Time passes, so that limits may pass too. */
  readonly time: boolean;
  readonly lingers: boolean;
}

/**
 * One flow under random calls, facts and turns, with a model beside it that knows what must be so.
 *
 * The model is kept simple on purpose: it knows who may be called when, which bytes are where, and
 * which cause came first; it does not know how flow decides.
 */
export class RandomWalk {
  readonly chance: Chance;
  readonly kind: WalkKind;
  readonly runtime: VirtualRuntime = new VirtualRuntime();
  readonly flow: Flow;
  readonly ended: CloseReason[] = [];
  readonly trail: string[] = [];
  wire!: WalkWire;
  seated: WalkProtocol;
  producer: WalkProducer | null = null;
  reason: CloseReason | null = null;
  /** The first cause to become true, as the model saw it. */
  cause: string | null = null;
  firstEnd: "us" | "peer" | null = null;
  isLosing = false;
  isPaused = false;
  isSwitching = false;
  isCalm = false;
  isUnaskedEnd = false;
  received = 0;
  #delivered = 0;
  #early = 0;
  #written = 0;
  #waiting = 0;
  #dropped = 0;
  #writeHigh = 1000;
  readonly #writeLimit: number;
  /** Calls and callbacks we are inside of, innermost last. */
  readonly #stack: string[] = [];

  constructor(seed: number, kind: WalkKind) {
    this.chance = seededChance(seed);
    this.kind = kind;
    this.seated = new WalkProtocol(this, this.chance.chance(0.6), 0);
    this.#writeLimit = this.chance.chance(0.2) ? 5000 : Infinity;
    const capabilities = kind.lingers ? ["abort", "halfClose", "linger"] : ["abort", "halfClose"];
    this.flow = new Flow((facts) => this.#makeWire(new WalkWire(facts)), {
      capabilities: new Set(capabilities as ("abort" | "halfClose" | "linger")[]),
      accept: () => this.seated.protocol,
      runtime: this.runtime,
      limits: resolveLimits({
        writeHigh: this.#writeHigh,
        writeLow: 200,
        readHigh: 1000,
        readLow: 200,
        writeLimit: this.#writeLimit,
        idleMs: this.chance.chance(0.2) ? 5000 : Infinity,
        stallMs: this.chance.chance(0.2) ? 3000 : Infinity,
        lingerIdleMs: 2000,
        lingerTotalMs: 6000,
      }),
      onError: () => {},
      ended: (reason) => void this.ended.push(reason),
    });
  }

  get transport(): FlowTransport {
    return this.flow.transport;
  }

  get ledger(): Ledger {
    return this.transport.ledger;
  }

  /** Queued or in flight. */
  get pending(): number {
    return this.ledger.unsent;
  }

  get hasProducer(): boolean {
    return this.producer !== null;
  }

  /** The call or callback we are inside of; empty at the top. */
  get place(): string {
    return this.#stack.at(-1) ?? "";
  }

  enterCallback(name: string): void {
    assert.equal(this.place, "", `${name} inside ${this.#stack.join(" > ")}`);
    this.#enter(name);
  }

  enterProducer(name: string): void {
    this.#enter(`${name}Producing`);
  }

  leave(): void {
    this.#stack.pop();
  }

  /** Reports a fact: whatever it is, it must not throw. */
  fact(name: string, report: () => void): void {
    this.trail.push(`fact ${name}`);
    assert.equal(this.place, "", "the walk reports facts at the top only");
    report();
    this.check();
  }

  /** Makes a call of a protocol, at the top or inside a callback. */
  call(name: string, make: () => void): void {
    this.#enter(name);
    try {
      make();
    } finally {
      this.leave();
    }
    this.check();
  }

  check(): void {
    const { ledger } = this;
    assertBalanced(ledger);
    assert.equal(ledger.received, this.received, "received");
    assert.equal(ledger.delivered, this.#delivered, "delivered");
    assert.equal(ledger.sent, this.wire.sent, "sent");
    assert.ok(this.ended.length <= 1, "ended twice");
  }

  /** The first cause stays; none counts once the wire was asked to let go. */
  blame(cause: string): void {
    if (this.wire.isLeaving || this.reason !== null) return;
    if (this.ended.length === 0) this.cause ??= cause;
  }

  gotData(data: Bytes): void {
    assert.ok(isPattern(data, this.#delivered), `not what arrived at ${this.#delivered}`);
    this.#delivered += data.byteLength;
  }

  gotEarly(byteCount: number): void {
    assert.ok(byteCount <= this.#early, "early bytes twice");
    this.#early -= byteCount;
  }

  /** Inside a callback: now and then makes calls, or throws. */
  misbehave(name: string): void {
    if (this.isCalm) return;
    if (this.chance.chance(0.3)) this.randomCall();
    if (!this.kind.throws || name === "stopProducing" || !this.chance.chance(0.03)) return;
    if (name !== "connectionLost") this.blame("failed/us/PROTOCOL_THREW");
    this.trail.push(`  ${name} throws`);
    throw new Error(`${name} throws`);
  }

  produce(producer: WalkProducer): void {
    if (this.isCalm) return;
    if (this.chance.chance(0.6)) this.write(1 + this.chance.below(600));
    if (!producer.isPush && this.chance.chance(0.2)) this.unregister();
  }

  randomCall(): void {
    const calls: readonly [number, () => void][] = [
      [12, () => this.write(1 + this.chance.below(900))],
      [1, () => this.write(300_000)],
      [3, () => this.writeSequence()],
      [2, () => this.loseConnection()],
      [2, () => this.loseWrite()],
      [0.5, () => this.abort()],
      [4, () => this.register()],
      [3, () => this.unregister()],
      [4, () => this.pause()],
      [5, () => this.resume()],
      [2, () => this.waitSent()],
      [1, () => this.switch()],
      [1, () => this.setLimits()],
    ];
    this.pick(calls)();
  }

  pick<T>(choices: readonly [number, T][]): T {
    let at = this.chance.next() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, choice] of choices) {
      at -= weight;
      if (at < 0) return choice;
    }
    return (choices[0] as [number, T])[1];
  }

  write(byteCount: number): void {
    const chunk = pattern(this.#written, byteCount);
    this.call("write", () => this.#accept(byteCount, () => this.transport.write(chunk)));
  }

  writeSequence(): void {
    const sizes = Array.from({ length: 4 }, () => this.chance.below(200));
    const chunks: Bytes[] = [];
    let byteCount = 0;
    for (const size of sizes) {
      chunks.push(pattern(this.#written + byteCount, size));
      byteCount += size;
    }
    this.call("writeSequence", () => {
      this.#accept(byteCount, () => this.transport.writeSequence(chunks));
    });
  }

  loseConnection(): void {
    if (this.reason === null) {
      this.isLosing = true;
      this.firstEnd ??= "us";
    }
    this.call("loseConnection", () => this.transport.loseConnection());
  }

  loseWrite(): void {
    if (this.reason === null) this.firstEnd ??= "us";
    this.call("loseWriteConnection", () => this.transport.loseWriteConnection());
  }

  abort(): void {
    this.blame("aborted/us");
    this.call("abortConnection", () => this.transport.abortConnection());
  }

  register(): void {
    const before = this.producer;
    const isPush = this.chance.chance(0.5);
    const producer = new WalkProducer(this, isPush);
    this.call("registerProducer", () => {
      if (before === null) this.producer = producer;
      const register = (): void => this.transport.registerProducer(producer, isPush as true);
      if (before === null) register();
      else assert.throws(register, { code: "ERR_WIRE_PRODUCER_REGISTERED" });
    });
  }

  unregister(): void {
    this.producer = null;
    this.call("unregisterProducer", () => this.transport.unregisterProducer());
  }

  pause(): void {
    if (!this.isSwitching) this.isPaused = true;
    this.call("pauseProducing", () => this.transport.pauseProducing());
  }

  resume(): void {
    this.isPaused = false;
    this.call("resumeProducing", () => this.transport.resumeProducing());
  }

  waitSent(): void {
    const { accepted, dropped } = this.ledger;
    let isTold = false;
    this.#waiting += 1;
    this.call("whenSent", () => {
      this.flow.whenSent((wasSent) => {
        assert.ok(!isTold, "whenSent told twice");
        isTold = true;
        this.#waiting -= 1;
        if (wasSent) assert.ok(this.ledger.sent >= accepted - dropped, "told before it was sent");
      });
    });
  }

  switch(): void {
    const early = this.chance.below(3) * 10;
    const next = new WalkProtocol(this, this.chance.chance(0.6), early);
    const before = this.seated;
    const isRefused = this.isLosing || this.isSwitching || this.reason !== null;
    this.call("switchProtocol", () => {
      this.seated = next;
      try {
        const given = new Uint8Array(early).fill(EARLY_BYTE);
        this.transport.switchProtocol(next.protocol, given);
        assert.ok(!isRefused, "a switch while closing, or twice in a turn");
        this.isSwitching = true;
        this.isPaused = false;
        this.#early += early;
      } catch (error) {
        assert.ok(isWireError(error), String(error));
        assert.match(error.code, /CLOSED|BUSY/);
        this.seated = before;
      }
    });
  }

  setLimits(): void {
    this.#writeHigh = 500 + this.chance.below(1000);
    const limits = { writeHigh: this.#writeHigh, writeLow: 200 };
    this.call("setLimits", () => this.transport.setLimits(limits));
  }

  /** Ends the walk's account: all that was promised for the end is so. */
  checkEnd(mayTimeOut: boolean, met: CloseCause | undefined): void {
    this.runtime.advance(0);
    this.check();
    const reason = this.ended[0];
    assert.ok(reason !== undefined, "it never ended");
    assert.equal(this.#waiting, 0, "whenSent callbacks that were never told");
    assert.equal(this.producer, null, "a producer that was never stopped");
    assert.equal(this.runtime.scheduled, 0, "timers or turns left behind");
    const saw = summary(reason);
    if (this.cause !== null) assert.equal(saw, this.cause, "the reason");
    else if (reason.kind === "done") assert.equal(reason.by, this.firstEnd, "who ended first");
    else if (reason.kind === "timeout") assert.ok(mayTimeOut, `the reason is ${saw}`);
    else assert.equal(saw, met && summary(met), "the reason");
    // Faults after the end of a direction count as bytes too.
    if (reason.kind !== "done" || this.kind.faults) return;
    if (!this.isUnaskedEnd) assert.equal(reason.ledger.unsent, 0, "done with bytes unsent");
    if (!this.isLosing) assert.equal(reason.ledger.undelivered, 0, "done with bytes undelivered");
    if (!this.isLosing) assert.equal(this.#early, 0, "done with early bytes undelivered");
  }

  #enter(name: string): void {
    this.trail.push(`${"  ".repeat(this.#stack.length)}${name}`);
    this.#stack.push(name);
  }

  #makeWire(wire: WalkWire): WalkWire {
    this.wire = wire;
    return wire;
  }

  /** Writes; what was not dropped is part of the stream, and may pass the limit. */
  #accept(byteCount: number, write: () => void): void {
    const { accepted, unsent } = this.ledger;
    const { cause } = this;
    const isPassing = unsent > this.#writeHigh && unsent + byteCount > this.#writeLimit;
    const isBlamed = isPassing && !this.wire.isLeaving;
    this.#written += byteCount;
    write();
    const after = this.ledger;
    if (after.accepted === accepted) return;
    // Writes inside this one have counted theirs: what is dropped beyond that is this one.
    const isDropped = after.dropped > this.#dropped;
    this.#dropped = after.dropped;
    if (isDropped) this.#written -= byteCount;
    else if (isBlamed) this.cause = cause ?? "failed/us/LIMIT";
  }
}
