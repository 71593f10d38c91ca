import assert from "node:assert/strict";
import type { Bytes, CloseReason, Transport } from "../../../src/contract/index.ts";

/** What one side of a connection was given and gave, whichever of its protocols held it. */
export class Account {
  readonly name: string;
  readonly calls: string[] = [];
  readonly reasons: CloseReason[] = [];
  #written: Bytes[] = [];
  #delivered: Bytes[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Writes, and remembers what. */
  write(transport: Transport, data: Bytes): void {
    assert.equal(this.reasons.length, 0, `${this.name} writes after its end`);
    this.#written.push(data);
    transport.write(data);
  }

  received(data: Bytes): void {
    this.calls.push("data");
    this.#delivered.push(data);
  }

  /** The last bytes delivered go to the next protocol, as its first: they are counted there. */
  handOn(early: Bytes): void {
    const all = Buffer.concat(this.#delivered);
    this.#delivered = [all.subarray(0, all.length - early.length)];
  }

  lost(reason: CloseReason): void {
    this.calls.push("lost");
    this.reasons.push(reason);
  }

  get written(): Buffer {
    return Buffer.concat(this.#written);
  }

  get delivered(): Buffer {
    return Buffer.concat(this.#delivered);
  }

  /** Why it ended. @throws {AssertionError} unless it was told once, last. */
  get reason(): CloseReason {
    const [reason] = this.reasons;
    assert.equal(
      this.reasons.length,
      1,
      `${this.name}: connectionLost ${this.reasons.length} times`,
    );
    assert.equal(this.calls.at(-1), "lost", `${this.name}: something was called after the end`);
    assert.ok(reason !== undefined);
    return reason;
  }
}

/** Holds for every connection, whatever the weather did to it. */
export function assertHonest(left: Account, right: Account): void {
  for (const [side, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const { ledger } = side.reason;
    assert.equal(ledger.accepted, ledger.sent + ledger.unsent + ledger.dropped, side.name);
    assert.equal(ledger.received, ledger.delivered + ledger.undelivered, side.name);
    assert.equal(ledger.accepted, side.written.length, `${side.name}: accepted`);
    assert.equal(ledger.delivered, side.delivered.length, `${side.name}: delivered`);
    assert.ok(other.reason.ledger.received <= ledger.sent, `${other.name} got more than was sent`);
    const gone = other.delivered;
    assert.ok(gone.equals(side.written.subarray(0, gone.length)), `${other.name} got other bytes`);
    if (gone.length < side.written.length) assertLossIsTold(side, other);
  }
}

/** Holds for a connection that nobody broke: all arrived, and both say that it closed in order. */
export function assertWhole(left: Account, right: Account): void {
  for (const [side, other] of [
    [left, right],
    [right, left],
  ] as const) {
    assert.equal(side.reason.kind, "done", `${side.name}: ${JSON.stringify(side.reason)}`);
    assert.equal(side.reason.ledger.undelivered, 0, `${side.name}: undelivered`);
    assert.equal(other.delivered.length, side.written.length, `${other.name} did not get all`);
  }
}

/** Bytes that did not arrive are in somebody's reason or ledger. */
function assertLossIsTold(writer: Account, reader: Account): void {
  const { unsent, dropped } = writer.reason.ledger;
  const isTold =
    unsent + dropped > 0 ||
    writer.reason.kind !== "done" ||
    reader.reason.kind !== "done" ||
    reader.reason.ledger.undelivered > 0;
  assert.ok(isTold, `${reader.name} lacks bytes of ${writer.name}, and neither was told`);
}
