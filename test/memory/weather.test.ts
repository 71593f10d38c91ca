import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Fault } from "../../src/memory/index.ts";
import {
  AccumulatingProtocol,
  FAULTS,
  HARMLESS_FAULTS,
  loopback,
  seededChance,
  Trace,
  VirtualRuntime,
  Weather,
} from "../../src/memory/index.ts";
import { patterned } from "./bytes.ts";

interface Passage {
  readonly runtime: VirtualRuntime;
  readonly weather: Weather;
  readonly trace: Trace;
  readonly client: AccumulatingProtocol;
  readonly server: AccumulatingProtocol;
}

/** 20 000 bytes on their way under `faults`. */
function underWay(seed: number, faults: readonly Fault[]): Passage {
  const runtime = new VirtualRuntime();
  const trace = new Trace();
  const weather = new Weather({ runtime, chance: seededChance(seed), trace, faults });
  const [client, server] = [new AccumulatingProtocol(), new AccumulatingProtocol()];
  loopback(client, server, { runtime, join: weather.join });
  for (let index = 0; index < 4; index++) client.transport?.write(patterned(5000, index));
  return { runtime, weather, trace, client, server };
}

const SENT = Uint8Array.from([0, 1, 2, 3].flatMap((salt) => [...patterned(5000, salt)]));

/** Passages under one fault that is on, over many seeds. */
function under(fault: Fault, seedCount = 40): Passage[] {
  const passages = Array.from({ length: seedCount }, (_, seed) => underWay(seed, [fault]));
  return passages.filter(({ weather }) => weather.faults.includes(fault));
}

describe("weather", () => {
  it("changes nothing of what arrives, for every fault that is harmless", () => {
    for (const fault of HARMLESS_FAULTS) {
      const passages = under(fault);
      assert.ok(passages.length > 5, `${fault} is switched off too often`);
      for (const { runtime, server, client } of passages) {
        runtime.advance(600_000);
        assert.deepEqual(server.data, SENT, fault);
        client.transport?.loseConnection();
        runtime.advance(600_000);
        assert.equal(server.closedReason?.kind, "done", fault);
      }
    }
  });

  it("really does each of the harmless things, somewhere", () => {
    const finish = (passage: Passage): Passage => {
      passage.runtime.runUntil(() => passage.server.data.byteLength === SENT.byteLength);
      return passage;
    };
    const fair = finish(underWay(1, []));
    assert.equal(fair.server.chunks.length, 4);
    assert.equal(fair.runtime.clock.now(), 0);
    const some = (fault: Fault, shows: (passage: Passage) => boolean): void =>
      assert.ok(
        under(fault, 300).some((passage) => shows(finish(passage))),
        `${fault} never shows`,
      );
    const reports = ({ trace }: Passage): number =>
      trace.lines.filter((line) => line.includes("left sent")).length;
    some("split", ({ server }) => server.chunks.length > 100);
    some("oneByte", ({ server }) => server.chunks.some(({ byteLength }) => byteLength === 1));
    some("merge", ({ server }) => server.chunks.length === 1);
    some("delay", ({ runtime }) => runtime.clock.now() > 0);
    some("clog", ({ runtime }) => runtime.clock.now() > 100);
    some("progress", (passage) => reports(passage) > reports(fair) + 5);
    some("late", ({ client }) => client.transport?.ledger.inFlight === SENT.byteLength);
    const held = under("buffer").some(({ runtime, client, server }) => {
      server.transport?.pauseProducing();
      runtime.advance(0);
      return server.chunks.length === 0 && (client.transport?.ledger.sent ?? 0) > 0;
    });
    assert.ok(held, "buffer never shows");
  });

  it("breaks connections by a reset that both ends see, at moments that differ", () => {
    const delivered = new Set<number>();
    for (const { runtime, weather, client, server } of under("reset")) {
      runtime.advance(600_000);
      if (weather.broken === 0) continue;
      assert.equal(client.closedReason?.code, "ERR_WIRE_RESET");
      assert.equal(server.closedReason?.code, "ERR_WIRE_RESET");
      assert.deepEqual(server.data, SENT.subarray(0, server.data.byteLength));
      delivered.add(server.closedReason?.ledger.received ?? 0);
    }
    assert.ok(delivered.size > 0);
  });

  it("calls a break off when the connection ends before it", () => {
    for (const { runtime, weather, client, server } of under("reset")) {
      client.transport?.loseConnection();
      runtime.advance(0);
      if (client.closed + server.closed < 2) assert.fail("not ended, though nothing is delayed");
      const { broken } = weather;
      assert.equal(runtime.scheduled, 0);
      runtime.advance(600_000);
      assert.equal(weather.broken, broken);
    }
  });

  it("ends one direction unasked: what arrived is a beginning of what was sent", () => {
    let broken = 0;
    for (const { runtime, weather, client, server } of under("end")) {
      runtime.advance(600_000);
      broken += weather.broken;
      assert.deepEqual(server.data, SENT.subarray(0, server.data.byteLength));
      if (weather.broken === 0) continue;
      assert.equal(client.closed + server.closed, 2);
    }
    assert.ok(broken > 0);
  });

  it("calms: no clog stays, nothing breaks any more, no time passes for what is under way", () => {
    for (let seed = 0; seed < 100; seed++) {
      const { runtime, weather, server } = underWay(seed, FAULTS);
      weather.calm();
      runtime.advance(0);
      assert.equal(weather.broken, 0);
      assert.deepEqual(server.data, SENT, `seed ${seed}`);
      assert.equal(runtime.scheduled, 0, `seed ${seed}`);
    }
  });

  it("switches about half of the faults off, differently for each seed", () => {
    const swarms = new Set<string>();
    let on = 0;
    for (let seed = 0; seed < 200; seed++) {
      const { faults } = underWay(seed, FAULTS).weather;
      on += faults.length;
      swarms.add(faults.join());
    }
    assert.ok(swarms.size > 100);
    assert.ok(on > 200 * 4 && on < 200 * 6, `${on} of ${200 * FAULTS.length}`);
  });

  it("traces every verb and every fact with its moment", () => {
    const { runtime, trace } = underWay(2, []);
    runtime.advance(0);
    assert.ok(trace.lines.includes("0.000 loopback:left right resume reading"));
    assert.ok(trace.lines.some((line) => /left send 20000 [0-9a-f]{8}$/.test(line)));
    assert.equal(trace.lines.filter((line) => line.includes("right received 5000")).length, 4);
    assert.ok(trace.lines.some((line) => line.includes("left sent 20000")));
  });
});
