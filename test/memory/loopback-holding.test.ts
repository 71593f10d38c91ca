import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Bytes, Protocol } from "../../src/contract/index.ts";
import { AccumulatingProtocol, loopback, pumps, seededChance } from "../../src/memory/index.ts";
import { decode, encode, patterned } from "./bytes.ts";
import { joinHalfClosers, joinTwo } from "./loopback-rig.ts";

describe("loopback, held back and let go of", () => {
  it("holds a writer back while the reader is paused, with at most one send in between", () => {
    const { left, right, server, runtime } = joinTwo();
    runtime.advance(0);
    right.pauseProducing();
    const calls: string[] = [];
    left.registerProducer(
      {
        pauseProducing: () => calls.push("pause"),
        resumeProducing: () => calls.push("resume"),
        stopProducing: () => calls.push("stop"),
      },
      true,
    );
    while (calls.length === 0) {
      left.write(new Uint8Array(100_000));
      runtime.advance(0);
    }
    assert.deepEqual(calls, ["pause"]);
    assert.equal(server.chunks.length, 0);
    assert.equal(left.ledger.sent, 0, "nothing is sent while nobody reads");
    right.resumeProducing();
    runtime.advance(0);
    assert.deepEqual(calls, ["pause", "resume"]);
    assert.equal(left.ledger.sent, left.ledger.accepted);
  });

  it("stops delivering in the middle of a turn when the reader pauses there", () => {
    const { left, right, server, runtime } = joinTwo({ pump: pumps.oneByte });
    const received = server.dataReceived.bind(server);
    server.dataReceived = (data) => {
      received(data);
      if (server.chunks.length === 3) right.pauseProducing();
    };
    left.write(encode("abcdef"));
    runtime.advance(0);
    assert.equal(decode(server.data), "abc");
    right.resumeProducing();
    runtime.advance(0);
    assert.equal(decode(server.data), "abcdef");
  });

  it("takes over as many bytes as its capacity for a reader that is paused, and tells them as sent", () => {
    const { left, right, server, runtime } = joinTwo({ capacity: 1000 });
    runtime.advance(0);
    right.pauseProducing();
    const buffer = patterned(1000);
    left.write(buffer);
    left.write(patterned(500));
    runtime.advance(0);
    assert.equal(left.ledger.sent, 1000);
    assert.equal(left.ledger.inFlight, 500);
    buffer.fill(0);
    right.resumeProducing();
    runtime.advance(0);
    assert.deepEqual(server.data, Uint8Array.of(...patterned(1000), ...patterned(500)));
  });

  it("still delivers what it holds after the writer has let go at a bound", () => {
    const limits = { lingerIdleMs: 1000 };
    const { left, right, client, server, runtime } = joinHalfClosers({ capacity: 1000, limits });
    runtime.advance(0);
    right.pauseProducing();
    left.write(encode("last words"));
    left.loseConnection();
    runtime.advance(2000);
    assert.equal(client.closedReason?.code, "ERR_WIRE_LINGER");
    assert.equal(server.data.byteLength, 0);
    right.resumeProducing();
    runtime.advance(0);
    assert.deepEqual(server.told, ["data last words", "read ended"]);
  });

  it("answers a send to an end that has let go by a reset", () => {
    const limits = { lingerIdleMs: 1000 };
    const { left, right, client, server, runtime } = joinHalfClosers({ limits });
    left.loseConnection();
    runtime.advance(2000);
    assert.equal(client.closed, 1);
    assert.equal(server.closed, 0);
    right.write(encode("too late"));
    runtime.advance(0);
    assert.equal(server.closedReason?.code, "ERR_WIRE_RESET");
    assert.equal(server.closedReason?.ledger.unsent, 8);
  });

  it("lets an end that has nothing more to say close in order after the other has let go", () => {
    const limits = { lingerIdleMs: 1000 };
    const { left, right, server, runtime } = joinHalfClosers({ limits });
    left.loseConnection();
    runtime.advance(2000);
    right.loseConnection();
    runtime.advance(0);
    assert.deepEqual([server.closedReason?.kind, server.closedReason?.by], ["done", "peer"]);
  });

  it("pulls a pull producer once per drain, and a producer holds the close (CORE-187, CORE-188)", () => {
    const { left, server, runtime } = joinTwo();
    const digits = "0123456789".split("");
    left.registerProducer(
      {
        resumeProducing: () => {
          const digit = digits.shift();
          if (digit === undefined) left.unregisterProducer();
          else left.write(encode(digit));
        },
        stopProducing: () => assert.fail("stopped, though the connection lives"),
      },
      false,
    );
    assert.equal(digits.length, 9, "the first pull is inside registerProducer");
    assert.throws(() => left.registerProducer(silentProducer, true), {
      code: "ERR_WIRE_PRODUCER_REGISTERED",
    });
    left.loseConnection();
    runtime.advance(0);
    assert.equal(decode(server.data), "0123456789");
    assert.deepEqual(server.chunks.length, 10);
    assert.equal(server.closed, 1);
  });

  it("stops the producer of a connection that is lost (CORE-188)", () => {
    const { left, right, runtime } = joinTwo();
    let stopped = 0;
    left.registerProducer({ ...silentProducer, stopProducing: () => stopped++ }, true);
    right.abortConnection();
    runtime.advance(0);
    assert.equal(stopped, 1);
  });

  it("has addresses that are values, each side's the other's peer, before and after (CORE-186)", () => {
    const { left, right, runtime } = joinTwo();
    const addresses = (): unknown[] => [
      left.getHost(),
      left.getPeer(),
      right.getHost(),
      right.getPeer(),
    ];
    const sides = ["left", "right", "right", "left"].map((side) => ({ kind: "loopback", side }));
    assert.deepEqual(addresses(), sides);
    left.abortConnection();
    runtime.advance(0);
    assert.deepEqual(addresses(), sides);
  });

  it("balances both ledgers at every step", () => {
    const chance = seededChance(9);
    const { left, right, runtime } = joinTwo({ pump: pumps.random(chance, 500), capacity: 300 });
    for (let index = 0; index < 50; index++) {
      const side = chance.chance(0.5) ? left : right;
      side.write(new Uint8Array(chance.below(2000)));
      if (chance.chance(0.2)) side.pauseProducing();
      if (chance.chance(0.3)) side.resumeProducing();
      runtime.step();
      for (const { ledger } of [left, right]) {
        assert.equal(ledger.accepted, ledger.sent + ledger.unsent + ledger.dropped);
        assert.equal(ledger.received, ledger.delivered + ledger.undelivered);
      }
      assert.ok(right.ledger.received <= left.ledger.accepted);
    }
  });

  it("shows each side's observer what it takes and what it gives", () => {
    const seen: string[] = [];
    const observers = {
      left: { bytes: (way: string, data: Bytes) => void seen.push(`left ${way} ${decode(data)}`) },
      right: {
        bytes: (way: string, data: Bytes) => void seen.push(`right ${way} ${decode(data)}`),
      },
    };
    const { left, runtime } = joinTwo({ observers });
    left.write(encode("x"));
    runtime.advance(0);
    assert.deepEqual(seen, ["left out x", "right in x"]);
  });

  it("works in real time without a runtime given", async () => {
    const server = new AccumulatingProtocol();
    const { left, closed } = loopback(new AccumulatingProtocol(), server);
    left.write(encode("hello"));
    left.loseConnection();
    const reasons = await closed;
    assert.equal(decode(server.data), "hello");
    assert.equal(reasons.left.kind, "done");
  });

  it("refuses what is no protocol, a bad limit and a bad capacity, before anything is told", () => {
    const client = new AccumulatingProtocol();
    assert.throws(() => loopback(client, {} as Protocol), TypeError);
    assert.throws(
      () => loopback(client, new AccumulatingProtocol(), { limits: { idleMs: -1 } }),
      RangeError,
    );
    assert.throws(() => loopback(client, new AccumulatingProtocol(), { capacity: -1 }), RangeError);
    assert.equal(client.made, 0);
  });

  it("declares what it can do", () => {
    const { left } = joinTwo();
    const named = ["abort", "abortVisible", "backPressure", "halfClose", "linger"];
    assert.deepEqual([...left.capabilities].sort(), named);
  });
});

const silentProducer = {
  pauseProducing: (): void => {},
  resumeProducing: (): void => {},
  stopProducing: (): void => {},
};
