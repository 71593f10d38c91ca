import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Bytes, CloseReason, Protocol, Transport } from "../../src/contract/index.ts";
import type { World } from "../../src/memory/index.ts";
import {
  FAULTS,
  HARMLESS_FAULTS,
  SimulationFailure,
  seedsFrom,
  simulate,
} from "../../src/memory/index.ts";
import { patterned } from "./bytes.ts";

/** Answers a request (a length byte and as many bytes) by the same bytes in reverse. */
class Replier implements Protocol {
  transport: Transport | null = null;
  reasons: CloseReason[] = [];
  #waiting: number[] = [];

  connectionMade(transport: Transport): void {
    this.transport = transport;
  }

  dataReceived(data: Bytes): void {
    this.#waiting.push(...data);
    for (;;) {
      const size = this.#waiting[0];
      if (size === undefined || this.#waiting.length <= size) return;
      const request = this.#waiting.splice(0, 1 + size).slice(1);
      this.transport?.write(Uint8Array.of(size, ...request.reverse()));
    }
  }

  connectionLost(reason: CloseReason): void {
    this.reasons.push(reason);
  }
}

/** Sends requests, some before the earlier ones are answered, and closes after the last reply. */
class Requester implements Protocol {
  readonly expected: number[] = [];
  readonly got: number[] = [];
  readonly reasons: CloseReason[] = [];
  #transport: Transport | null = null;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  connectionMade(transport: Transport): void {
    this.#transport = transport;
    this.#ask();
  }

  dataReceived(data: Bytes): void {
    this.got.push(...data);
    if (this.got.length < this.expected.length) return;
    if (this.expected.length < 600) this.#ask();
    else this.#transport?.loseConnection();
  }

  connectionLost(reason: CloseReason): void {
    this.reasons.push(reason);
  }

  #ask(): void {
    const count = 1 + this.#world.chance.below(4);
    for (let index = 0; index < count; index++) {
      const request = [...patterned(this.#world.chance.below(200), this.expected.length)];
      this.#transport?.write(Uint8Array.of(request.length, ...request));
      this.expected.push(request.length, ...request.reverse());
    }
  }
}

/** Several requesters on one replier, until the weather calms and all is finished. */
async function requestReply(world: World): Promise<void> {
  const servers: Replier[] = [];
  const port = await world.network.endpoint("reply").listen(() => {
    servers.push(new Replier());
    return servers.at(-1) ?? null;
  });
  const clients = [new Requester(world), new Requester(world)];
  for (const client of clients) await world.network.endpoint("reply").connect(client);
  await port.stopListening();
  const storm = { isOver: false };
  world.runtime.clock.after(world.chance.next() * 5000, () => {
    storm.isOver = true;
  });
  await world.until(() => storm.isOver || clients.every(({ reasons }) => reasons.length > 0));
  await world.heal();
  world.expectNothingScheduled();
  for (const { got, expected, reasons } of clients) {
    assert.deepEqual(got, expected.slice(0, got.length), "what arrives is what was sent");
    assert.equal(reasons.length, 1, "every connection ends exactly once");
    if (world.weather.broken === 0) {
      assert.equal(got.length, expected.length, "without a break every reply arrives");
      assert.equal(reasons[0]?.kind, "done");
    }
  }
  assert.deepEqual(
    servers.map(({ reasons }) => reasons.length),
    [1, 1],
  );
  assert.deepEqual(world.network.connections, []);
}

const SEED = process.env["SEED"];

describe("simulate", () => {
  it("finishes a request-reply protocol under 200 seeds, in all weathers", async () => {
    const runs = await simulate({ seeds: seedsFrom(SEED, { count: 200 }) }, requestReply);
    if (SEED !== undefined) return;
    assert.equal(runs.length, 200);
    const broken = runs.filter((run) => run.broken > 0).length;
    assert.ok(broken > 10 && broken < 190, `${broken} of 200 runs had a broken connection`);
    assert.deepEqual(new Set(runs.flatMap((run) => run.faults)), new Set(FAULTS));
  });

  it("repeats a run event for event, and no two seeds are alike", async () => {
    const seeds = seedsFrom(undefined, { first: 1000, count: 20 });
    const first = await simulate({ seeds }, requestReply);
    const second = await simulate({ seeds }, requestReply);
    for (const [index, run] of first.entries()) {
      assert.deepEqual(second[index]?.trace.lines, run.trace.lines, `seed ${run.seed}`);
      assert.equal(second[index]?.digest, run.digest);
      assert.ok(run.trace.count > 20);
    }
    assert.equal(new Set(first.map(({ digest }) => digest)).size, seeds.length);
  });

  it("has one source of luck for each part: a scenario that draws more changes nothing else", async () => {
    const seeds = seedsFrom(undefined, { count: 10 });
    const drawing = (count: number) => async (world: World) => {
      for (let index = 0; index < count; index++) world.chance.next();
      const client = new Replier();
      const { left } = world.loopback(client, new Replier());
      left.write(Uint8Array.of(200, ...patterned(200)));
      left.loseConnection();
      await world.until(() => client.reasons.length > 0);
      await world.heal();
    };
    const digests = async (count: number) =>
      (await simulate({ seeds }, drawing(count))).map(({ digest }) => digest);
    assert.deepEqual(await digests(1), await digests(0));
  });

  it("breaks no connection where only harmless faults are allowed", async () => {
    const runs = await simulate(
      { seeds: seedsFrom(undefined, { count: 30 }), faults: HARMLESS_FAULTS },
      requestReply,
    );
    for (const run of runs) assert.equal(run.broken, 0);
  });

  it("steps while the scenario waits: for promises, for time, for a condition", async () => {
    await simulate({ seeds: [1] }, async (world) => {
      const server = new Replier();
      const client = new Replier();
      const { left } = world.loopback(client, server, {});
      await new Promise<void>((resolve) => void world.runtime.clock.after(60_000, resolve));
      assert.ok(world.runtime.clock.now() >= 60_000);
      left.loseConnection();
      await world.until(() => server.reasons.length === 1);
    });
  });

  it("names the line that repeats a failed seed, and keeps the error and the trace", async () => {
    const mine = new Error("mine");
    const failing = simulate({ seeds: [5, 6, 7] }, (world) => {
      if (world.seed === 6) throw mine;
    });
    const failure: unknown = await failing.catch((error: unknown) => error);
    assert.ok(failure instanceof SimulationFailure);
    assert.equal(failure.message, "Seed 6 failed: mine\n  to repeat: SEED=6 node --test");
    assert.deepEqual(
      [failure.seed, failure.cause, failure.repeat],
      [6, mine, "SEED=6 node --test"],
    );
    assert.equal(failure.trace.count, 1);
    const repeat = (seed: number): string => `SEED=${seed} npm run sim`;
    await assert.rejects(
      simulate({ seeds: [3], repeat }, () => Promise.reject(mine)),
      /to repeat: SEED=3 npm run sim/,
    );
  });

  it("fails a scenario that waits for what can never come, or never comes to rest", async () => {
    const never = new Promise<void>(() => {});
    await assert.rejects(
      simulate({ seeds: [1] }, () => never),
      /nothing is scheduled/,
    );
    const restless = async (world: World): Promise<void> => {
      const again = (): void => void world.runtime.clock.after(1, again);
      again();
      await world.heal();
    };
    await assert.rejects(simulate({ seeds: [1], stepsMax: 100 }, restless), /after 100 steps/);
  });

  it("fails a scenario in which an error had no other place", async () => {
    const scenario = async (world: World): Promise<void> => {
      const thrower: Protocol = {
        connectionMade: () => {},
        dataReceived: () => {},
        connectionLost: () => {
          throw new Error("mine");
        },
      };
      const { left } = world.loopback(new Replier(), thrower);
      left.abortConnection();
      await world.heal();
    };
    await assert.rejects(simulate({ seeds: [1] }, scenario), /no other place \(connectionLost\)/);
  });

  it("notices a task that is left behind", async () => {
    await assert.rejects(
      simulate({ seeds: [1] }, (world) => {
        world.runtime.clock.after(1000, () => {});
        world.expectNothingScheduled();
      }),
      /Expected nothing to be scheduled, but 1 /,
    );
  });
});

describe("seedsFrom", () => {
  it("reads a list, gives a range without one, and refuses what is no integer", () => {
    assert.deepEqual(seedsFrom("12, 7"), [12, 7]);
    assert.deepEqual(seedsFrom("", { first: 3, count: 2 }), [3, 4]);
    assert.equal(seedsFrom(undefined).length, 100);
    assert.throws(() => seedsFrom("12,x"), RangeError);
    assert.throws(() => seedsFrom("12,"), RangeError);
  });
});
