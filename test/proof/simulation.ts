import assert from "node:assert/strict";
import type { SimulatedRun, World } from "../../src/memory/index.ts";
import { SimulationFailure, seedsFrom, simulate } from "../../src/memory/index.ts";
import type { ProofReport } from "../../tools/proof.ts";
import { seeds } from "../counts.ts";
import { Account, assertHonest, assertWhole } from "./simulated/account.ts";
import { ReplyServer } from "./simulated/reply-server.ts";
import { RequestClient } from "./simulated/request-client.ts";

export const title =
  "In any weather a request–reply protocol with half-closes, producers and take-overs loses nothing";

/** Runs these seeds, separated by commas, instead of those that follow from the commit. */
const SEEDS = process.env["OVERWALL_SIMULATION_SEEDS"];

export async function prove(report: ProofReport): Promise<void> {
  const tally = new Tally();
  const chosen = SEEDS === undefined ? seeds(report.full ? 10_000 : 200) : seedsFrom(SEEDS);
  // One at a time, so that no more than one trace is kept.
  for (const seed of chosen) tally.add(await runSeed(seed, tally.tell));
  await assertRepeats(chosen.slice(0, 20));
  report.count("seeds", chosen.length);
  for (const [name, value] of tally.entries()) report.count(name, value);
  if (SEEDS === undefined) tally.assertSawEverything();
  await seeFailureRepeat(report);
}

const repeat = (seed: number): string =>
  `OVERWALL_SIMULATION_SEEDS=${seed} npm run prove -- simulation`;

async function runSeed(
  seed: number,
  told: (what: string) => void = () => {},
): Promise<SimulatedRun> {
  const [run] = await simulate({ seeds: [seed], repeat }, (world) => converse(world, told));
  assert.ok(run !== undefined);
  return run;
}

const DAY_MS = 86_400_000;

/** Weather may hold a connection for longer than the usual limits; it is loss that counts here. */
const PATIENT = {
  limits: { stallMs: DAY_MS, halfOpenIdleMs: DAY_MS, lingerIdleMs: DAY_MS, lingerTotalMs: DAY_MS },
};

/**
 * One server, some clients one after the other or side by side, each with a conversation of its
 * own.
 */
async function converse(world: World, told: (what: string) => void): Promise<void> {
  const servers: Account[] = [];
  const endpoint = world.network.endpoint("replies");
  const port = await endpoint.listen(() => {
    const account = new Account(`server ${servers.length + 1}`);
    servers.push(account);
    return new ReplyServer(world, account);
  }, PATIENT);
  const clients: { readonly account: Account; readonly client: RequestClient }[] = [];
  for (let howMany = 1 + world.chance.below(3); howMany > 0; howMany--) {
    const account = new Account(`client ${clients.length + 1}`);
    const client = new RequestClient(world, account);
    clients.push({ account, client });
    told(client.ending);
    await endpoint.connect(client, PATIENT);
    if (world.chance.chance(0.5)) await world.until(() => account.reasons.length > 0);
  }
  await world.heal();
  await port.stopListening();
  world.expectNothingScheduled();
  assert.equal(servers.length, clients.length);
  for (const [index, { account, client }] of clients.entries()) {
    const server = servers[index];
    assert.ok(server !== undefined);
    assertHonest(account, server);
    told(account.reason.kind === "done" && server.reason.kind === "done" ? "done" : "broken");
    if (world.weather.broken > 0) continue;
    assertWhole(account, server);
    assert.equal(client.missing, 0, "a reply is missing");
    told("whole");
  }
}

/** The same seed does the same, event for event. */
async function assertRepeats(chosen: readonly number[]): Promise<void> {
  for (const seed of chosen) {
    assert.equal((await runSeed(seed)).digest, (await runSeed(seed)).digest, `seed ${seed}`);
  }
}

/** A run that fails says how to repeat it in one line, and fails again in the same way. */
async function seeFailureRepeat(report: ProofReport): Promise<void> {
  const failing = async (world: World): Promise<void> => {
    await converse(world, () => {});
    assert.fail("as it should");
  };
  const failures: SimulationFailure[] = [];
  for (const seeds of [[7], [7]]) {
    try {
      await simulate({ seeds, repeat }, failing);
    } catch (error) {
      assert.ok(error instanceof SimulationFailure);
      failures.push(error);
    }
  }
  const [once, again] = failures;
  assert.ok(once !== undefined && again !== undefined);
  assert.match(once.message, /seed 7 failed/i);
  assert.ok(once.message.includes(repeat(7)) && once.repeat === repeat(7));
  assert.equal(once.trace.digest, again.trace.digest);
  report.fact("a failing seed repeats by", once.repeat);
}

/** What was met on the way: a simulation that met no trouble proves little. */
class Tally {
  readonly #counts = new Map<string, number>();

  readonly tell = (what: string): void => {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  };

  add({ faults, broken, trace }: SimulatedRun): void {
    for (const fault of faults) this.tell(`weather with ${fault}`);
    if (broken > 0) this.tell("seeds with a broken connection");
    this.#counts.set("events", (this.#counts.get("events") ?? 0) + trace.count);
  }

  entries(): [string, number][] {
    return [...this.#counts].sort(([one], [other]) => (one < other ? -1 : 1));
  }

  assertSawEverything(): void {
    const endings = ["half-close at once", "half-close", "close", "closed by server", "switched"];
    for (const what of [...endings, "whole", "broken", "seeds with a broken connection"]) {
      assert.ok((this.#counts.get(what) ?? 0) > 0, `no run met ${what}`);
    }
  }
}
