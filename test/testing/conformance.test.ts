import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConformanceCase, WireUnderTest } from "../../src/testing/index.ts";
import { cases, conformance, loopbackWire } from "../../src/testing/index.ts";

const sound = loopbackWire();

function caseOf(run: ConformanceCase["run"], more: Partial<ConformanceCase> = {}): ConformanceCase {
  return { id: "test.case", clause: "It holds.", needs: [], run, ...more };
}

function only(one: ConformanceCase, wire: WireUnderTest = sound, watchdogMs = 1000) {
  const [first, second] = conformance(wire, { cases: [one], watchdogMs });
  assert.ok(first !== undefined);
  return { first, second };
}

test("every case runs in both orientations, those of endpoints once", () => {
  const names = conformance(sound).map(({ name }) => name);
  const once = cases.filter(({ byEndpoint }) => byEndpoint === true).length;
  assert.equal(names.length, 2 * cases.length - once);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.includes("loopback: close.flushes (left→right)"));
  assert.ok(names.includes("loopback: close.flushes (right→left)"));
});

test("the orientations turn the pair round: near is left, then right", async () => {
  const sides: unknown[] = [];
  const { first, second } = only(
    caseOf(async (stage) => {
      const { near } = await stage.open();
      sides.push(near.transport.getHost());
    }),
  );
  await first.run();
  await second?.run();
  assert.deepEqual(sides, [
    { kind: "loopback", side: "left" },
    { kind: "loopback", side: "right" },
  ]);
});

test("a case whose capability is missing is skipped, and says which", () => {
  const wire = { ...sound, capabilities: new Set(["halfClose"] as const) };
  const { first } = only(
    caseOf(async () => {}, { needs: ["abort", "halfClose"] }),
    wire,
  );
  assert.equal(first.skip, "the wire has no abort");
});

test("a known gap may fail, and is a failure once it passes", async () => {
  const wire = { ...sound, knownGaps: { "test.case": "not yet" } };
  const failing = only(
    caseOf(() => Promise.reject(new Error("broken"))),
    wire,
  );
  assert.equal(failing.first.gap, "not yet");
  await failing.first.run();
  const healed = only(
    caseOf(async () => {}),
    wire,
  );
  await assert.rejects(healed.first.run(), /the known gap has healed.*not yet/);
});

test("a failure names the case, its clause and what was waited for", async () => {
  const { first } = only(
    caseOf(async (stage) => {
      await stage.open();
      await stage.until("the moon", () => false);
    }),
  );
  await assert.rejects(first.run(), {
    name: "ConformanceFailure",
    caseId: "test.case",
    clause: "It holds.",
    message: /test\.case: waiting for the moon: nothing is left.*\n {2}promised: It holds\./,
  });
});

test("the watchdog fails a case that hangs, and lets go of its connections", async () => {
  let disposals = 0;
  const wire: WireUnderTest = {
    ...sound,
    pair: async (left, right, options) => {
      const pair = await sound.pair(left, right, options);
      const dispose = async (): Promise<void> => void disposals++;
      return { ...pair, settle: () => new Promise(() => {}), [Symbol.asyncDispose]: dispose };
    },
  };
  const hangs = caseOf(async (stage) => {
    await stage.open();
    await stage.until("godot", () => false);
  });
  await assert.rejects(only(hangs, wire, 20).first.run(), /waited 20 ms for godot/);
  assert.equal(disposals, 1);
});

test("a wire that throws fails the case, with what it threw as the cause", async () => {
  const error = new Error("no socket");
  const wire: WireUnderTest = { ...sound, pair: () => Promise.reject(error) };
  const { first } = only(
    caseOf(async (stage) => void (await stage.open())),
    wire,
  );
  await assert.rejects(first.run(), { message: /the wire threw: Error: no socket/, cause: error });
});

test("a settle that comes back too early fails the case", async () => {
  const wire: WireUnderTest = {
    ...sound,
    pair: async (...args) => ({ ...(await sound.pair(...args)), settle: async () => {} }),
  };
  const early = caseOf(async (stage) => {
    await stage.open();
    await stage.until("rain", () => false);
  });
  await assert.rejects(only(early, wire).first.run(), /settle\(\) came back before rain/);
});

test("whatever a case is about, a call after connectionLost fails it", async () => {
  const { first } = only(
    caseOf(async (stage) => {
      const { near } = await stage.open();
      near.transport.loseConnection();
      await stage.until("the end", () => near.isLost);
      near.protocol.dataReceived(new Uint8Array(1));
    }),
  );
  await assert.rejects(first.run(), /connectionLost is not the last call: made, lost, data/);
});
