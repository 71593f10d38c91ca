import assert from "node:assert/strict";
import type { Bytes, CloseReason, Protocol, PushProducer } from "../../src/contract/index.ts";
import type { RandomWalk } from "./random-walk.ts";

/** A byte that no pattern holds: it marks what a protocol was given and handed on. */
export const EARLY_BYTE = 255;

/** A protocol that checks every call it gets, and does something random in some of them. */
export class WalkProtocol {
  readonly protocol: Protocol;
  readonly #walk: RandomWalk;
  readonly #early: number;
  #isMade = false;
  #isReadLost = false;
  #isWriteLost = false;
  #hasData = false;

  /** @param early how many bytes it is to get first. */
  constructor(walk: RandomWalk, isAware: boolean, early: number) {
    this.#walk = walk;
    this.#early = early;
    this.protocol = {
      connectionMade: () => this.#called("connectionMade", () => this.#made()),
      dataReceived: (data) => this.#called("dataReceived", () => this.#data(data)),
      writeConnectionLost: () => this.#called("writeConnectionLost", () => this.#writeLost()),
      connectionLost: (reason) => this.#called("connectionLost", () => this.#lost(reason)),
      ...(isAware
        ? { readConnectionLost: () => this.#called("readConnectionLost", () => this.#readLost()) }
        : {}),
    };
  }

  #called(name: string, check: () => void): void {
    const walk = this.#walk;
    walk.enterCallback(name);
    try {
      assert.equal(walk.seated, this, `${name} of a protocol that was replaced`);
      assert.equal(walk.reason, null, `${name} after connectionLost`);
      check();
      walk.misbehave(name);
    } finally {
      walk.leave();
    }
  }

  #made(): void {
    assert.ok(!this.#isMade, "connectionMade twice");
    this.#isMade = true;
    this.#walk.isSwitching = false;
  }

  #data(data: Bytes): void {
    const walk = this.#walk;
    assert.ok(this.#isMade && !this.#isReadLost, "data before connectionMade or after the end");
    assert.ok(!walk.isLosing, "data after loseConnection");
    assert.ok(!walk.isPaused, "data while paused");
    assert.ok(data.byteLength > 0, "an empty chunk");
    const isEarly = data[0] === EARLY_BYTE;
    if (!this.#hasData && this.#early > 0) {
      assert.ok(isEarly && data.byteLength === this.#early, "early bytes do not come first");
    }
    this.#hasData = true;
    if (isEarly) walk.gotEarly(data.byteLength);
    else walk.gotData(data);
  }

  #readLost(): void {
    const walk = this.#walk;
    assert.ok(this.#isMade && !this.#isReadLost, "readConnectionLost before made, or twice");
    assert.ok(!walk.isLosing && !walk.isPaused, "readConnectionLost while paused or closing");
    assert.ok(walk.wire.isPeerEnded || walk.wire.isOver, "the peer's end, which it never told");
    const { undelivered } = walk.ledger;
    assert.equal(undelivered, 0, "the peer's end ahead of unread bytes");
    this.#isReadLost = true;
  }

  #writeLost(): void {
    const walk = this.#walk;
    assert.ok(this.#isMade && !this.#isWriteLost, "writeConnectionLost before made, or twice");
    assert.ok(!walk.isLosing, "writeConnectionLost after loseConnection");
    assert.ok(walk.wire.isEndTold || walk.wire.isOver, "our end, which the wire never told");
    this.#isWriteLost = true;
  }

  #lost(reason: CloseReason): void {
    assert.ok(this.#isMade, "connectionLost before connectionMade");
    assert.ok(!this.#walk.hasProducer, "connectionLost before stopProducing");
    this.#walk.reason = reason;
  }
}

/** A producer that checks every call it gets. */
export class WalkProducer implements PushProducer {
  readonly isPush: boolean;
  readonly #walk: RandomWalk;
  #isPaused = false;
  #isStopped = false;

  constructor(walk: RandomWalk, isPush: boolean) {
    this.#walk = walk;
    this.isPush = isPush;
  }

  pauseProducing(): void {
    this.#called("pause", ["write", "writeSequence", "registerProducer"], () => {
      assert.ok(this.isPush && !this.#isPaused, "a pause of a paused or pull producer");
      this.#isPaused = true;
    });
  }

  resumeProducing(): void {
    const walk = this.#walk;
    this.#called("resume", this.isPush ? [] : ["registerProducer"], () => {
      if (this.isPush) assert.ok(this.#isPaused, "a resume without a pause");
      else if (walk.place === "") assert.equal(walk.pending, 0, "a pull before all was sent");
      this.#isPaused = false;
    });
  }

  stopProducing(): void {
    this.#called("stop", ["registerProducer", "switchProtocol"], () => {
      this.#isStopped = true;
      this.#walk.producer = null;
    });
  }

  /** @param inside the calls of the protocol inside which this one may come. */
  #called(name: string, inside: readonly string[], check: () => void): void {
    const walk = this.#walk;
    assert.ok(
      walk.place === "" || inside.includes(walk.place),
      `${name}Producing inside ${walk.place}`,
    );
    assert.ok(!this.#isStopped && walk.producer === this, `${name} of a producer not registered`);
    check();
    walk.enterProducer(name);
    try {
      if (name !== "stop") walk.produce(this);
      walk.misbehave(`${name}Producing`);
    } finally {
      walk.leave();
    }
  }
}
