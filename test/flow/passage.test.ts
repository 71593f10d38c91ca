import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Limits, Observer } from "../../src/contract/index.ts";
import type { FlowCalls, Shortened } from "../../src/flow/index.ts";
import { FlowTransport, observe, shorten } from "../../src/flow/index.ts";
import { VirtualRuntime } from "../../src/memory/index.ts";
import { Scene } from "./scene.ts";
import type { ScriptedShortcut } from "./scripted-shortcut.ts";
import { ShortcutWire } from "./scripted-shortcut.ts";

const MARK = 1024 * 1024;

/** Two connections, the first one's bytes passed on to the second one. */
class Pair {
  readonly runtime = new VirtualRuntime();
  readonly from: Scene;
  readonly to: Scene;
  toCalls!: FlowCalls;
  readonly passed: Shortened;
  readonly shortcut: ScriptedShortcut;

  constructor(limits: Partial<Limits> = {}) {
    const made = { runtime: this.runtime, limits, make: ShortcutWire };
    this.from = Scene.open({
      ...made,
      role: { isAware: true, data: (data) => this.to.transport.write(data) },
    });
    const transport = (calls: FlowCalls): FlowTransport => {
      this.toCalls = calls;
      return new FlowTransport(calls);
    };
    this.to = Scene.open({ ...made, role: { isAware: true }, flow: { transport } });
    const passed = shorten(this.from.transport, this.to.transport);
    assert.ok(passed !== null);
    this.passed = passed;
    this.shortcut = (this.from.wire as ShortcutWire).shortcut as ScriptedShortcut;
  }

  turns(): void {
    this.from.turns();
  }
}

describe("both ledgers say what went the short way", () => {
  test("a byte read is received, delivered and accepted; in flight until it is handed over", () => {
    const { from, passed, shortcut, to } = new Pair();
    assert.deepEqual(shortcut.asked, [`open ${MARK}`]);
    shortcut.carries(100, 60);
    const { received, delivered } = from.ledger;
    assert.deepEqual([received, delivered, from.calls], [100, 100, ["made"]]);
    const { accepted, inFlight, sent, unsent } = to.ledger;
    assert.deepEqual([accepted, sent, unsent, inFlight], [100, 60, 40, 40]);
    shortcut.carries(0, 40);
    assert.deepEqual([to.ledger.sent, to.ledger.unsent, passed.carriedBytes], [100, 0, 100]);
  });

  test("flushed() waits for what is held, and rejects when it never goes", async () => {
    const pair = new Pair();
    pair.shortcut.carries(10, 4);
    let isFlushed = false;
    const first = pair.to.transport.flushed().then(() => (isFlushed = true));
    pair.shortcut.carries(0, 5);
    await Promise.resolve();
    assert.equal(isFlushed, false);
    pair.shortcut.carries(0, 1);
    await first;
    pair.shortcut.carries(3, 0);
    const second = assert.rejects(pair.to.transport.flushed(), { code: "ERR_WIRE_CLOSED" });
    pair.to.transport.abortConnection();
    pair.to.answer();
    await second;
  });

  test("what was not told yet when a side is cut is in its reason, what is held is unsent", () => {
    const { from, shortcut, to } = new Pair();
    shortcut.moves(50, 20);
    to.transport.abortConnection();
    assert.equal(to.ledger.unsent, 30, "known at once");
    to.answer();
    assert.deepEqual(to.ended[0]?.ledger.sent, 20);
    assert.deepEqual(to.ended[0]?.ledger.unsent, 30);
    assert.equal(from.ledger.delivered, 50);
    shortcut.carries(0, 0);
    assert.equal(to.ended[0]?.ledger.unsent, 30);
  });

  test("what was not told yet when a wire is over is in its reason", () => {
    const { from, shortcut, to } = new Pair();
    shortcut.moves(7, 7);
    from.flow.over({ kind: "lost", by: "peer", code: "ERR_WIRE_RESET" });
    from.turns();
    assert.equal(from.ended[0]?.ledger.received, 7);
    assert.equal(to.ledger.sent, 7);
    assert.equal(shortcut.isOpen, false);
  });
});

describe("the end of one side", () => {
  test("is passed on behind what is held", () => {
    const { from, shortcut, to } = new Pair();
    shortcut.carries(30, 10);
    from.flow.peerEnded();
    to.transport.loseWriteConnection();
    to.turns();
    assert.equal(to.wire.count("endSending"), 0, "it overtook 20 bytes");
    shortcut.carries(0, 20);
    assert.equal(to.wire.count("endSending"), 1);
  });

  for (const ending of ["loseConnection", "loseWriteConnection"] as const) {
    test(`${ending}() while more had gone than was told waits for all of it`, () => {
      const { shortcut, to } = new Pair();
      shortcut.moves(30, 10);
      to.transport[ending]();
      to.turns();
      assert.equal(to.wire.count("endSending"), 0);
      shortcut.carries(0, 20);
      to.turns();
      assert.equal(to.wire.count("endSending"), 1);
      assert.equal(to.ledger.sent, 30);
    });
  }
});

describe("whoever must see a byte gets the ordinary way", () => {
  test("an observer of bytes, from its first moment to its last", () => {
    const seen: string[] = [];
    for (const side of ["from", "to"] as const) {
      const pair = new Pair();
      pair.shortcut.moves(5, 5);
      const watching = observe(pair[side].transport, {
        bytes: (direction, data) => void seen.push(`${side} ${direction} ${data.byteLength}`),
        counted: (direction, byteCount) => void seen.push(`${side} ${direction}, ${byteCount}`),
      });
      assert.equal(pair.shortcut.isOpen, false);
      assert.equal(pair.from.ledger.delivered, 5, "what went before is told as before");
      pair.turns();
      assert.equal(pair.shortcut.isOpen, false);
      pair.to.wire.takeAtOnce();
      pair.from.flow.received(new Uint8Array(3));
      pair.turns();
      watching[Symbol.dispose]();
      pair.turns();
      assert.equal(pair.shortcut.isOpen, true, "nobody looks any more");
    }
    assert.deepEqual(seen, ["from in 3", "from in, 3", "to out 3", "to out, 3"]);
  });

  test("one that is to be told of pauses, too", () => {
    const { shortcut, to } = new Pair();
    observe(to.transport, { paused: () => {} });
    to.turns();
    assert.equal(shortcut.isOpen, false);
  });

  test("one that only counts does not, and is told each way the same", () => {
    const pair = new Pair();
    const counts: string[] = [];
    const counting = (name: string): Observer => ({
      counted: (direction, byteCount) => void counts.push(`${name} ${direction} ${byteCount}`),
      ended: () => void counts.push(`${name} ended`),
    });
    observe(pair.from.transport, counting("from"));
    observe(pair.to.transport, counting("to"));
    pair.turns();
    assert.equal(pair.shortcut.isOpen, true);
    pair.shortcut.carries(9, 4);
    assert.deepEqual(counts, ["from in 9", "to out 9"]);
  });

  test("another writer: what is held goes first, and the short way comes back behind it", () => {
    const { from, shortcut, to } = new Pair();
    to.wire.takeAtOnce();
    shortcut.carries(10, 6);
    to.transport.write(new Uint8Array(3));
    to.turns();
    assert.deepEqual([to.wire.count("send"), shortcut.isOpen], [0, false]);
    from.flow.received(new Uint8Array(2));
    shortcut.carries(0, 4);
    to.turns();
    assert.deepEqual(to.wire.takeVerbs(), ["send 5"]);
    assert.equal(shortcut.isOpen, true);
    assert.equal(to.ledger.sent, 15);
  });

  test("a writer behind bytes that were not told yet waits for them", () => {
    const { shortcut, to } = new Pair();
    to.wire.takeAtOnce();
    shortcut.moves(10, 6);
    to.transport.write(new Uint8Array(3));
    to.turns();
    assert.equal(to.wire.count("send"), 0);
    shortcut.carries(0, 4);
    to.turns();
    assert.deepEqual(to.wire.takeVerbs(), ["send 3"]);
  });

  test("a rider, from the moment on that it waits for a byte", () => {
    const { shortcut, toCalls } = new Pair();
    assert.ok(toCalls.ride({ left: () => {}, stayed: () => {} }));
    assert.equal(shortcut.isOpen, false, "bytes that pass it by may be what it was to go with");
  });

  test("another protocol, for good", () => {
    const { from, shortcut } = new Pair();
    const heard: number[] = [];
    from.transport.switchProtocol({
      connectionMade: () => {},
      dataReceived: (data) => void heard.push(data.byteLength),
      connectionLost: () => {},
    });
    from.turns();
    from.flow.received(new Uint8Array(4));
    from.turns();
    assert.deepEqual([heard, shortcut.isOpen], [[4], false]);
  });
});

describe("limits hold on the short way", () => {
  test("no more is held than the writer's mark, which may change", () => {
    const { shortcut, to } = new Pair({ writeHigh: 100_000, writeLow: 0 });
    to.transport.setLimits({ writeHigh: 50_000, writeLow: 0 });
    to.turns();
    assert.deepEqual(shortcut.asked, ["open 100000", "close", "open 50000"]);
    to.transport.setLimits({ writeHigh: 1000, writeLow: 0 });
    to.turns();
    assert.equal(shortcut.isOpen, false, "so little is better read bit by bit");
  });

  test("what is held and not taken is a stall; what is taken is none", () => {
    const { shortcut, to } = new Pair({ stallMs: 1000 });
    shortcut.carries(10, 5);
    to.advance(900);
    shortcut.carries(0, 1);
    to.advance(900);
    assert.ok(to.isAlive);
    to.advance(200);
    to.answer();
    assert.equal(to.reason, "timeout/us/STALL");
    assert.equal(to.ended[0]?.ledger.unsent, 4);
  });

  test("bytes that go past keep both from being idle, and no longer", () => {
    const { from, shortcut, to } = new Pair({ idleMs: 1000 });
    for (let count = 0; count < 5; count++) {
      from.advance(900);
      shortcut.carries(1, 1);
    }
    assert.ok(from.isAlive && to.isAlive);
    from.advance(1100);
    from.answer();
    to.answer();
    assert.deepEqual([from.reason, to.reason], ["timeout/us/IDLE", "timeout/us/IDLE"]);
  });

  test("a paused reader is paused", () => {
    const { from } = new Pair();
    const resumed = from.wire.count("resumeReading");
    from.transport.pauseProducing();
    assert.equal(from.wire.count("pauseReading"), 1);
    from.transport.resumeProducing();
    from.turns();
    assert.equal(from.wire.count("resumeReading"), resumed + 1);
  });
});

test("a shortcut that cannot be had is asked for once", () => {
  const pair = new Pair();
  pair.shortcut.isThere = false;
  pair.to.transport.setLimits({ idleMs: 5000 });
  pair.turns();
  pair.to.transport.setLimits({ idleMs: 6000 });
  pair.turns();
  assert.deepEqual(pair.shortcut.asked, [`open ${MARK}`, "close", `open ${MARK}`]);
  assert.equal(pair.passed.isOpen, false);
});

test("wires without one, and one that has one already, get none", () => {
  const runtime = new VirtualRuntime();
  const plain = Scene.open({ runtime });
  const pair = new Pair();
  assert.equal(shorten(plain.transport, pair.to.transport), null);
  assert.equal(shorten(pair.from.transport, pair.to.transport), null);
});
