import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { LifeEvent, Phase, Reading, Sending } from "../../src/flow/life.ts";
import { Life, PHASES, READING, SENDING } from "../../src/flow/life.ts";
import { allCells, drawStates, EVENTS, move, reachableCells } from "../../tools/draw-states.ts";

const READINGS = Object.keys(READING) as Reading[];
const SENDINGS = Object.keys(SENDING) as Sending[];

test("of the twenty cells of a live connection one is unreachable", () => {
  const reachable = new Set(reachableCells());
  assert.equal(allCells().length, 20);
  assert.deepEqual(
    allCells().filter((cell) => !reachable.has(cell)),
    ["discarding × open"],
  );
});

/** What each event makes of a cell, said without the table; null: it cannot happen. */
const EXPECTED: {
  readonly [E in LifeEvent]?: (reading: Reading, sending: Sending) => [Reading, Sending] | null;
} = {
  lose: (reading, sending) => [
    reading === "open" ? "discarding" : reading === "ending" ? "ended" : reading,
    sending === "open" ? "held" : sending,
  ],
  loseWrite: (reading, sending) => [reading, sending === "open" ? "held" : sending],
  hold: (reading, sending) => (sending === "draining" ? [reading, "held"] : null),
  release: (reading, sending) => (sending === "held" ? [reading, "draining"] : null),
  drained: (reading, sending) => (sending === "draining" ? [reading, "ending"] : null),
  peerEnded: (reading, sending) =>
    reading === "open" ? ["ending", sending] : reading === "discarding" ? ["ended", sending] : null,
  emptied: (reading, sending) => (reading === "ending" ? ["ended", sending] : null),
  sendingEnded: (reading, sending) => (sending === "ended" ? null : [reading, "ended"]),
  switched: (reading, sending) =>
    reading === "discarding" ? null : [reading === "ended" ? "ending" : reading, sending],
};

test("every event in every cell moves as it must, or is refused and moves nothing", () => {
  let walked = 0;
  for (const reading of READINGS) {
    for (const sending of SENDINGS) {
      for (const event of EVENTS) {
        if (event === "leave" || event === "over") continue;
        const life = liveIn(reading, sending);
        const expected = EXPECTED[event]?.(reading, sending) ?? null;
        const where = `${event} in ${reading} × ${sending}`;
        assert.equal(life.step(event), expected !== null, where);
        assert.deepEqual(
          [life.phase, life.reading, life.sending],
          ["live", ...(expected ?? [reading, sending])],
          where,
        );
        walked += 1;
      }
    }
  }
  assert.equal(walked, 20 * 10);
});

test("every cell can be left, by our verb or by the wire, and keeps its directions", () => {
  for (const reading of READINGS) {
    for (const sending of SENDINGS) {
      for (const [event, phase] of [
        ["leave", "leaving"],
        ["over", "over"],
      ] as const) {
        const life = liveIn(reading, sending);
        assert.ok(life.step(event));
        assert.deepEqual([life.phase, life.reading, life.sending], [phase, reading, sending]);
      }
    }
  }
});

/** What a phase outside the product takes, and where that leads. */
const OUTSIDE: { readonly [P in Exclude<Phase, "live">]: Partial<Record<LifeEvent, Phase>> } = {
  opening: { opened: "live", leave: "leaving", over: "over" },
  leaving: {
    lose: "leaving",
    loseWrite: "leaving",
    peerEnded: "leaving",
    sendingEnded: "leaving",
    over: "over",
  },
  over: { lose: "over", loseWrite: "over" },
};

for (const phase of ["opening", "leaving", "over"] as const) {
  test(`${phase} takes what it must, refuses the rest, and moves no direction`, () => {
    for (const event of EVENTS) {
      const after = move({ phase }, event);
      assert.equal(after?.phase, OUTSIDE[phase][event], `${event} while ${phase}`);
      if (after !== null) assert.deepEqual([after.reading, after.sending], ["open", "open"]);
    }
  });
}

test("over is for good: no events lead out of it", () => {
  let phases: Phase[] = ["over"];
  for (let round = 0; round < 3; round++) {
    phases = phases.flatMap((phase) =>
      EVENTS.map((event) => move({ phase }, event)?.phase ?? phase),
    );
    assert.ok(phases.every((phase) => phase === "over"));
  }
});

test("every phase, and every state of a direction, is reached from the beginning", () => {
  const cells = reachableCells();
  for (const reading of READINGS) assert.ok(cells.some((cell) => cell.startsWith(`${reading} ×`)));
  for (const sending of SENDINGS) assert.ok(cells.some((cell) => cell.endsWith(`× ${sending}`)));
  assert.deepEqual(Object.keys(PHASES), ["opening", "live", "leaving", "over"]);
});

test("docs/states.md is what the code does", () => {
  assert.equal(readFileSync("docs/states.md", "utf8"), drawStates());
});

function liveIn(reading: Reading, sending: Sending): Life {
  return Life.at("live", reading, sending);
}
