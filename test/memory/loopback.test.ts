import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Bytes, CloseReason, Protocol, Transport } from "../../src/contract/index.ts";
import type { PumpPolicy } from "../../src/memory/index.ts";
import { AccumulatingProtocol, pumps, seededChance } from "../../src/memory/index.ts";
import { decode, encode, patterned } from "./bytes.ts";
import { join, joinHalfClosers, joinTwo } from "./loopback-rig.ts";

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
});
