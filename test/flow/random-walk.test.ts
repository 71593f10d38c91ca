import assert from "node:assert/strict";
import { test } from "node:test";
import { count, seeds } from "../counts.ts";
import type { WalkKind } from "./random-walk.ts";
import { walkOnce } from "./walk-steps.ts";

const STEPS = 150;

/** Walks from every seed; a failing one prints its seed, and the last calls that led there. */
function walkAll(name: string, kind: Omit<WalkKind, "lingers">): void {
  const reasons = new Map<string, number>();
  for (const seed of seeds(count(name, 2_000, 20_000))) {
    const walk = walkOnce(seed, { ...kind, lingers: seed % 4 !== 0 }, STEPS);
    const reason = walk.ended[0];
    const how = `${reason?.kind}/${reason?.by}`;
    reasons.set(how, (reasons.get(how) ?? 0) + 1);
  }
  assert.ok(reasons.has("done/us") && reasons.has("done/peer"), [...reasons.keys()].join());
  assert.ok(reasons.has("aborted/us") && reasons.has("lost/peer"), [...reasons.keys()].join());
}

test("any calls, facts and turns in any order leave every promise of flow kept", () => {
  walkAll("random walks, plain", { faults: false, throws: false, time: false });
});

test("they do while time passes, and a silent peer cannot hold a close", () => {
  walkAll("random walks, with time", { faults: false, throws: false, time: true });
});

test("they do while callbacks throw", () => {
  walkAll("random walks, throwing", { faults: false, throws: true, time: false });
});

test("they do on a wire that breaks every rule for wires", () => {
  walkAll("random walks, broken wires", { faults: true, throws: true, time: true });
});
