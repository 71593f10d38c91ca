import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Bytes, CloseReason, Protocol, Transport } from "../../src/contract/index.ts";
import type { Loopback, LoopbackOptions, PumpPolicy } from "../../src/memory/index.ts";
import {
  AccumulatingProtocol,
  loopback,
  pumps,
  seededChance,
  VirtualRuntime,
} from "../../src/memory/index.ts";
import { decode, encode, patterned } from "./bytes.ts";

/** Knows of half-closing, and remembers the order of what it was told. */
class HalfCloser extends AccumulatingProtocol {
  readonly told: string[] = [];
  readConnectionLost(): void {
    this.told.push("read ended");
  }
  writeConnectionLost(): void {
    this.told.push("write ended");
  }
  override dataReceived(data: Bytes): void {
    this.told.push(`data ${decode(data)}`);
    super.dataReceived(data);
  }
}

interface Joined<L extends Protocol, R extends Protocol> extends Loopback {
  readonly runtime: VirtualRuntime;
  readonly client: L;
  readonly server: R;
}

function join<L extends Protocol, R extends Protocol>(
  client: L,
  server: R,
  options: LoopbackOptions = {},
): Joined<L, R> {
  const runtime = new VirtualRuntime();
  return { ...loopback(client, server, { runtime, ...options }), runtime, client, server };
}

const joinTwo = (options?: LoopbackOptions): Joined<AccumulatingProtocol, AccumulatingProtocol> =>
  join(new AccumulatingProtocol(), new AccumulatingProtocol(), options);

const joinHalfClosers = (options?: LoopbackOptions): Joined<HalfCloser, HalfCloser> =>
  join(new HalfCloser(), new HalfCloser(), options);

describe("loopback", () => {
  it("tells the server of the connection first, then the client, before it returns (CORE-189)", () => {
    const order: string[] = [];
    const named = (name: string): Protocol => ({
      connectionMade: () => order.push(name),
      dataReceived: () => {},
      connectionLost: () => {},
    });
    join(named("client"), named("server"));
    assert.deepEqual(order, ["server", "client"]);
  });

  it("never delivers inside a write, nor before the turn in which it was written is over (CORE-194)", () => {
    const { left, server, runtime } = joinTwo();
    left.write(encode("hello"));
    assert.equal(server.chunks.length, 0);
    runtime.turn.atEnd({ depth: 0, endTurn: () => assert.equal(server.chunks.length, 0) });
    runtime.runUntil(() => server.chunks.length > 0);
    assert.equal(decode(server.data), "hello");
  });

  it("does not re-enter a protocol that answers from inside dataReceived", () => {
    let depth = 0;
    let deepest = 0;
    const bouncer = (): Protocol => {
      let transport: Transport;
      return {
        connectionMade: (made) => {
          transport = made;
        },
        dataReceived: (data) => {
          deepest = Math.max(deepest, ++depth);
          if (data[0] !== 0) transport.write(Uint8Array.of((data[0] ?? 0) - 1));
          depth--;
        },
        connectionLost: () => {},
      };
    };
    const { left, runtime } = join(bouncer(), bouncer());
    left.write(Uint8Array.of(50));
    runtime.advance(0);
    assert.equal(deepest, 1);
    assert.equal(left.ledger.delivered, 25);
  });

  it("keeps order and every byte, both ways at once, under every policy (CORE-195, CORE-196, CORE-197)", () => {
    const policies: Record<string, PumpPolicy> = {
      identity: pumps.identity,
      collapsing: pumps.collapsing,
      oneByte: pumps.oneByte,
      random: pumps.random(seededChance(5)),
    };
    for (const [name, pump] of Object.entries(policies)) {
      const { left, right, client, server, runtime } = joinTwo({ pump });
      for (let index = 0; index < 20; index++) {
        left.write(patterned(index * 37, index));
        right.write(patterned(index * 53, index));
      }
      runtime.advance(0);
      const sum = (of: (index: number) => Bytes): Bytes =>
        Uint8Array.from(Array.from({ length: 20 }, (_, index) => [...of(index)]).flat());
      assert.deepEqual(
        server.data,
        sum((index) => patterned(index * 37, index)),
        name,
      );
      assert.deepEqual(
        client.data,
        sum((index) => patterned(index * 53, index)),
        name,
      );
    }
  });

  it("gives a chunk for every written chunk, or one for all, or one for every byte (CORE-196)", () => {
    const chunksUnder = (pump?: PumpPolicy): string[] => {
      const { left, server, runtime } = joinTwo(pump === undefined ? {} : { pump });
      left.writeSequence([encode("ab"), encode("c")]);
      left.write(encode("de"));
      runtime.advance(0);
      return server.chunks.map(decode);
    };
    assert.deepEqual(chunksUnder(), ["ab", "c", "de"]);
    assert.deepEqual(chunksUnder(pumps.identity), ["ab", "c", "de"]);
    assert.deepEqual(chunksUnder(pumps.collapsing), ["abcde"]);
    assert.deepEqual(chunksUnder(pumps.oneByte), ["a", "b", "c", "d", "e"]);
  });

  it("loses the connection on both sides when a policy drops, adds or throws (CORE-195)", async () => {
    const faulty: PumpPolicy[] = [
      (waiting) => waiting.slice(1),
      (waiting) => [...waiting, Uint8Array.of(1)],
      () => {
        throw new Error("mine");
      },
    ];
    for (const pump of faulty) {
      const { left, runtime, closed } = joinTwo({ pump });
      left.writeSequence([encode("a"), encode("b")]);
      await runtime.run();
      const reasons = await closed;
      for (const reason of [reasons.left, reasons.right]) {
        assert.deepEqual(
          [reason.kind, reason.by, reason.code],
          ["lost", "wire", "ERR_WIRE_BROKEN"],
        );
      }
    }
  });

  it("copies: the writer may reuse its buffer, the receiver owns the chunk and pins little by it", () => {
    const { left, server, runtime } = joinTwo({ pump: pumps.oneByte });
    const buffer = new Uint8Array(65_536).fill(7);
    left.write(buffer.subarray(0, 2));
    runtime.advance(0);
    buffer.fill(9);
    assert.deepEqual([...server.data], [7, 7]);
    for (const chunk of server.chunks) assert.equal(chunk.buffer.byteLength, 1);
  });

  it("cuts what is larger than a kept chunk may pin", () => {
    const { left, server, runtime } = joinTwo();
    left.write(patterned(700_000));
    runtime.advance(0);
    assert.deepEqual(server.data, patterned(700_000));
    for (const { buffer } of server.chunks) assert.ok(buffer.byteLength <= 256 * 1024);
  });

  it("lets everything else have its turn while much is moved", () => {
    const { left, server, runtime } = joinTwo();
    const progress: number[] = [];
    left.write(patterned(5 * 1024 * 1024));
    const watch = (): void => {
      progress.push(right());
      if (right() < 5 * 1024 * 1024) runtime.turn.later(watch);
    };
    const right = (): number => server.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    watch();
    runtime.advance(0);
    const steps = progress.map((bytes, index) => bytes - (progress[index - 1] ?? 0));
    assert.ok(Math.max(...steps) <= 1024 * 1024);
    assert.equal(progress.at(-1), 5 * 1024 * 1024);
  });

  it("delivers at most 4096 pieces in a turn, so that tiny pieces cannot hold it up", () => {
    const { left, server, runtime } = joinTwo({ pump: pumps.oneByte });
    left.write(patterned(10_000));
    let most = 0;
    for (let before = 0; runtime.step(); before = server.chunks.length) {
      most = Math.max(most, server.chunks.length - before);
    }
    assert.equal(most, 4096);
    assert.deepEqual(server.data, patterned(10_000));
  });

  it("delivers what was written before a close and takes what the peer sent, then ends both (CORE-192)", async () => {
    const { left, right, client, server, runtime, closed } = joinTwo();
    left.write(encode("from left"));
    right.write(encode("from right"));
    left.loseConnection();
    await runtime.run();
    assert.equal(decode(server.data), "from left");
    const reasons = await closed;
    assert.deepEqual([reasons.left.kind, reasons.left.by], ["done", "us"]);
    assert.deepEqual([reasons.right.kind, reasons.right.by], ["done", "peer"]);
    assert.equal(client.closed + server.closed, 2);
    assert.equal(
      reasons.right.ledger.sent,
      10,
      "the closing side reads on, so that nothing is cut",
    );
    assert.equal(runtime.scheduled, 0);
  });

  it("ends both directions in order when both sides close at once", async () => {
    const { left, right, server, client, runtime } = joinTwo();
    left.loseConnection();
    right.loseConnection();
    await runtime.run();
    assert.equal(client.closedReason?.kind, "done");
    assert.equal(server.closedReason?.kind, "done");
  });

  it("closes one direction and leaves the other open", () => {
    const { left, right, client, server, runtime } = joinHalfClosers();
    left.write(encode("question"));
    left.loseWriteConnection();
    runtime.advance(0);
    assert.deepEqual(server.told, ["data question", "read ended"]);
    assert.deepEqual(client.told, ["write ended"]);
    right.write(encode("answer"));
    right.loseWriteConnection();
    runtime.advance(0);
    assert.equal(decode(client.data), "answer");
    assert.equal(client.closedReason?.kind, "done");
    assert.equal(server.closedReason?.kind, "done");
  });

  it("is cut by an abort in a later turn: the peer sees a reset, what was on its way is gone", () => {
    const { left, client, server, runtime } = joinTwo();
    left.write(encode("never seen"));
    left.abortConnection();
    assert.equal(client.closed, 0);
    runtime.advance(0);
    const summary = (reason: CloseReason | null): unknown[] => [
      reason?.kind,
      reason?.by,
      reason?.code,
    ];
    assert.deepEqual(summary(client.closedReason), ["aborted", "us", undefined]);
    assert.deepEqual(summary(server.closedReason), ["lost", "peer", "ERR_WIRE_RESET"]);
    assert.match(String(server.closedReason?.error?.message), /reset/);
    assert.equal(server.data.byteLength, 0);
  });

  it("lets each side know that its end of a throwing protocol is over, and nobody else", () => {
    const thrower: Protocol = {
      connectionMade: () => {},
      dataReceived: () => {
        throw new Error("mine");
      },
      connectionLost: (reason) => reasons.push(reason),
    };
    const reasons: CloseReason[] = [];
    const { left, client, runtime } = join(new AccumulatingProtocol(), thrower);
    left.write(encode("x"));
    runtime.advance(0);
    assert.equal(reasons[0]?.code, "ERR_WIRE_PROTOCOL_THREW");
    assert.equal(client.closedReason?.code, "ERR_WIRE_RESET");
  });

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
