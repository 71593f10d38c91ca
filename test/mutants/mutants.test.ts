import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, describe, it, test } from "node:test";
import { count, isFull, seeds } from "../counts.ts";
import { MUTANTS } from "./all-mutants.ts";
import type { Judge } from "./court.ts";
import { Court } from "./court.ts";
import type { Mutant } from "./mutant.ts";
import { SURVIVORS } from "./survivors.ts";

/** One copy for each test that runs at the same time. */
const courts: Court[] = [];

async function ask(mutant: Mutant | null, judge: Judge): Promise<string | null> {
  const court = courts.pop() ?? new Court();
  try {
    return await court.verdict(mutant, judge);
  } finally {
    courts.push(court);
  }
}

after(() => {
  for (const court of courts) court[Symbol.dispose]();
});

test("every mutant has a name of its own, and every explained survivor is one of them", () => {
  const ids = MUTANTS.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of Object.keys(SURVIVORS)) assert.ok(ids.includes(id), id);
});

test("what every mutant takes out is there, once", () => {
  for (const { id, file, find } of MUTANTS) {
    const text = readFileSync(new URL(`../../src/flow/${file}`, import.meta.url), "utf8");
    assert.equal(text.split(find).length - 1, 1, `${id}: ${find}`);
  }
});

for (const judge of ["suite", "flow"] as const) {
  test(`${judge} finds nothing where no guard was taken out`, async () => {
    assert.equal(await ask(null, judge), null);
  });
}

const tally = { suite: 0, suiteAlone: 0, flow: 0 };

describe("a guard that is gone is missed", { concurrency: 2 }, () => {
  for (const mutant of picked()) {
    it(`${mutant.id}: ${mutant.guards}`, async (context) => {
      const found = await sentence(mutant);
      for (const [judge, word] of Object.entries(found)) context.diagnostic(`${judge}: ${word}`);
      const reason = SURVIVORS[mutant.id];
      const isCaught = Object.values(found).some((word) => word !== null);
      if (reason === undefined) assert.ok(isCaught, "nobody noticed that the guard is gone");
      else assert.ok(!isCaught, `it is caught now: take it off the survivors (${reason})`);
      if (mutant.by === "suite") assert.ok(found.suite !== null, "the conformance suite missed it");
    });
  }
});

test("the tally", (context) => {
  const { suite, suiteAlone, flow } = tally;
  context.diagnostic(
    `caught by the suite ${suite}, by it alone ${suiteAlone}, by flow tests ${flow}`,
  );
});

/** All of them, or a few that the commit's seeds pick. */
function picked(): readonly Mutant[] {
  const howMany = count("mutants", 4, MUTANTS.length);
  if (isFull()) return MUTANTS;
  const indexes = new Set(seeds(howMany).map((seed) => seed % MUTANTS.length));
  return [...indexes].map((index) => MUTANTS[index] as Mutant);
}

/** What each judge says; in a reduced run only the one is asked that must know. */
async function sentence(mutant: Mutant): Promise<Readonly<Record<Judge, string | null>>> {
  const isAsked = (judge: Judge): boolean => isFull() || mutant.by === judge;
  const suite = isAsked("suite") ? await ask(mutant, "suite") : null;
  const flow = isAsked("flow") ? await ask(mutant, "flow") : null;
  if (suite !== null) tally.suite += 1;
  if (flow !== null) tally.flow += 1;
  if (suite !== null && flow === null) tally.suiteAlone += 1;
  return { suite, flow };
}
