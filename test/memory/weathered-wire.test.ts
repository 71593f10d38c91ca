import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Facts } from "../../src/flow/index.ts";
import { WeatheredFacts } from "../../src/memory/weathered-wire.ts";

interface Told {
  readonly told: string[];
  readonly facts: WeatheredFacts;
  /** Lets the next report of sent bytes happen. */
  readonly report: () => void;
}

function weathered(piece: (byteCount: number) => number): Told {
  const told: string[] = [];
  const due: (() => void)[] = [];
  const flow: Facts = {
    opened: () => told.push("opened"),
    received: () => told.push("received"),
    sent: (byteCount) => told.push(`sent ${byteCount}`),
    peerEnded: () => told.push("peer ended"),
    sendingEnded: () => told.push("sending ended"),
    over: () => told.push("over"),
  };
  const facts = new WeatheredFacts({
    facts: flow,
    note: () => {},
    over: () => told.push("told the weather"),
    reportLater: (move) => due.push(() => move(1)),
    piece,
  });
  return { told, facts, report: () => due.shift()?.() };
}

describe("weathered facts", () => {
  it("tell what was sent later and bit by bit, all of it in the end", () => {
    const { told, facts, report } = weathered((byteCount) => Math.min(2, byteCount));
    facts.sent(3);
    facts.sent(2);
    assert.deepEqual(told, []);
    for (let index = 0; index < 5; index++) report();
    assert.deepEqual(told, ["sent 2", "sent 2", "sent 1"]);
  });

  it("tell what is owed before an end, and nothing behind it", () => {
    for (const end of ["sendingEnded", "over"] as const) {
      const { told, facts, report } = weathered((byteCount) => byteCount);
      facts.sent(7);
      facts[end]();
      report();
      const ending = end === "over" ? ["told the weather", "over"] : ["sending ended"];
      assert.deepEqual(told, ["sent 7", ...ending]);
    }
  });
});
