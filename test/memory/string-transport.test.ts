import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  AccumulatingProtocol,
  StringTransport,
  StringTransportWithDisconnection,
} from "../../src/memory/index.ts";
import { decode, encode } from "./bytes.ts";

const producer = {
  pauseProducing: (): void => {},
  resumeProducing: (): void => assert.fail("the transport resumed a producer by itself"),
  stopProducing: (): void => {},
};

describe("StringTransport", () => {
  it("holds each write at once, until it is cleared (CORE-201)", () => {
    const transport = new StringTransport();
    transport.write(encode("one "));
    assert.equal(decode(transport.value()), "one ");
    transport.writeSequence([encode("two"), encode(""), encode(" three")].values());
    assert.equal(decode(transport.value()), "one two three");
    assert.deepEqual(transport.writes.map(decode), ["one ", "two", " three"]);
    transport.clear();
    assert.equal(transport.value().byteLength, 0);
    transport.write(encode("four"));
    assert.equal(decode(transport.value()), "four");
  });

  it("records what was written then, whatever becomes of the writer's buffer", () => {
    const transport = new StringTransport();
    const buffer = encode("abc");
    transport.write(buffer);
    buffer.fill(0);
    assert.equal(decode(transport.value()), "abc");
  });

  it("sets a flag for what is asked, does nothing, and records on (CORE-202)", () => {
    const transport = new StringTransport();
    const flags = (): boolean[] => [
      transport.connected,
      transport.disconnecting,
      transport.disconnected,
      transport.aborted,
    ];
    assert.deepEqual(flags(), [true, false, false, false]);
    transport.write(encode("before"));
    transport.loseConnection();
    assert.deepEqual(flags(), [true, true, false, false]);
    transport.write(encode(" after"));
    assert.equal(decode(transport.value()), "before after");
    transport.abortConnection();
    assert.deepEqual(flags(), [true, true, true, true]);
  });

  it("counts as dropped what a wire would drop, so that a test can tell", () => {
    const transport = new StringTransport();
    transport.write(encode("12345"));
    transport.registerProducer(producer, true);
    transport.loseConnection();
    transport.write(encode("held"));
    transport.unregisterProducer();
    transport.write(encode("late"));
    const { accepted, sent, dropped, unsent } = transport.ledger;
    assert.deepEqual(
      { accepted, sent, dropped, unsent },
      { accepted: 13, sent: 9, dropped: 4, unsent: 0 },
    );
    const half = new StringTransport();
    half.loseWriteConnection();
    half.write(encode("late"));
    assert.equal(half.writeDisconnecting, true);
    assert.equal(half.ledger.dropped, 4);
  });

  it("refuses text, and a sequence with text in it before it records any of it (CORE-203)", () => {
    const transport = new StringTransport();
    const text = "text" as unknown as Uint8Array;
    assert.throws(() => transport.write(text), TypeError);
    assert.throws(() => transport.writeSequence([encode("a"), text]), TypeError);
    assert.throws(() => transport.writeSequence(text as unknown as Uint8Array[]), TypeError);
    assert.equal(transport.value().byteLength, 0);
  });

  it("stores a producer and never resumes it; both misuses throw (CORE-204)", () => {
    const transport = new StringTransport();
    transport.registerProducer(producer, false);
    assert.equal(transport.producer, producer);
    assert.equal(transport.streaming, false);
    assert.throws(() => transport.registerProducer(producer, true), {
      code: "ERR_WIRE_PRODUCER_REGISTERED",
    });
    assert.equal(transport.streaming, false);
    transport.unregisterProducer();
    assert.equal(transport.producer, null);
    assert.equal(transport.streaming, null);
    assert.throws(() => transport.unregisterProducer(), TypeError);
    assert.throws(() => transport.registerProducer({} as typeof producer, true), TypeError);
    assert.throws(() => transport.registerProducer(producer, 1 as unknown as true), TypeError);
  });

  it("shows what it was asked as a producer (CORE-205)", () => {
    const transport = new StringTransport();
    const states: string[] = [transport.producerState];
    transport.pauseProducing();
    states.push(transport.producerState);
    transport.resumeProducing();
    states.push(transport.producerState);
    transport.stopProducing();
    states.push(transport.producerState);
    assert.deepEqual(states, ["producing", "paused", "producing", "stopped"]);
    assert.equal(transport.disconnecting, true, "stopProducing is loseConnection");
  });

  it("refuses to pause or resume once stopped, and once closing unless lenient (CORE-206)", () => {
    const closed = { code: "ERR_WIRE_CLOSED" };
    const stopped = new StringTransport({ lenient: true });
    stopped.stopProducing();
    assert.throws(() => stopped.pauseProducing(), closed);
    assert.throws(() => stopped.resumeProducing(), closed);
    stopped.stopProducing();
    const closing = new StringTransport();
    closing.loseConnection();
    assert.throws(() => closing.pauseProducing(), closed);
    assert.throws(() => closing.resumeProducing(), closed);
    const lenient = new StringTransport({ lenient: true });
    lenient.loseConnection();
    lenient.pauseProducing();
    assert.equal(lenient.producerState, "paused");
  });

  it("has addresses by default, or those it is given (CORE-207)", () => {
    const plain = new StringTransport();
    assert.deepEqual(plain.getPeer(), {
      kind: "tcp",
      host: "192.168.1.1",
      port: 54_321,
      family: 4,
    });
    assert.deepEqual(plain.getHost(), { kind: "tcp", host: "10.0.0.1", port: 12_345, family: 4 });
    const host = { kind: "unix", path: "/here" } as const;
    const peer = { kind: "unix", path: null } as const;
    const given = new StringTransport({ host, peer });
    assert.deepEqual([given.getHost(), given.getPeer()], [host, peer]);
  });

  it("flushes at once and takes limits, checking them", async () => {
    const transport = new StringTransport();
    transport.write(encode("x"));
    await transport.flushed();
    transport.setLimits({ idleMs: 5 });
    assert.throws(() => transport.setLimits({ idleMs: -5 }), RangeError);
  });

  it("hands itself to the next protocol before switchProtocol returns", () => {
    const transport = new StringTransport();
    const calls: string[] = [];
    transport.registerProducer({ ...producer, stopProducing: () => calls.push("stopped") }, true);
    transport.pauseProducing();
    const next = new AccumulatingProtocol();
    transport.switchProtocol(next, encode("early"));
    assert.deepEqual(calls, ["stopped"]);
    assert.equal(transport.producer, null);
    assert.equal(transport.producerState, "producing");
    assert.equal(transport.protocol, next);
    assert.equal(next.transport, transport);
    assert.equal(decode(next.data), "early");
    transport.loseConnection();
    assert.throws(() => transport.switchProtocol(next), { code: "ERR_WIRE_CLOSED" });
  });
});

describe("StringTransportWithDisconnection", () => {
  it("tells its protocol of the end once, inside the first close (CORE-208)", () => {
    const transport = new StringTransportWithDisconnection();
    const protocol = new AccumulatingProtocol();
    transport.protocol = protocol;
    transport.write(encode("abc"));
    transport.loseConnection();
    transport.loseConnection();
    transport.abortConnection();
    assert.equal(protocol.closed, 1);
    assert.equal(transport.connected, false);
    assert.equal(transport.disconnecting, false);
    const { ledger, ...cause } = protocol.closedReason ?? assert.fail("no reason");
    assert.deepEqual(cause, { kind: "done", by: "us" });
    assert.equal(ledger.sent, 3);
    transport.write(encode("late"));
    assert.equal(transport.ledger.accepted, 3);
    assert.equal(decode(transport.value()), "abclate");
  });

  it("tells an abort as one (CORE-208)", () => {
    const transport = new StringTransportWithDisconnection();
    const protocol = new AccumulatingProtocol();
    transport.switchProtocol(protocol);
    transport.abortConnection();
    assert.equal(transport.disconnected, true);
    assert.equal(protocol.closedReason?.kind, "aborted");
  });

  it("says what is missing when it has no protocol to tell", () => {
    const transport = new StringTransportWithDisconnection();
    assert.throws(() => transport.loseConnection(), /protocol/);
  });
});

describe("AccumulatingProtocol", () => {
  it("remembers what it is told, and resolves when the connection is lost (CORE-211)", async () => {
    const protocol = new AccumulatingProtocol();
    const transport = new StringTransportWithDisconnection();
    transport.switchProtocol(protocol, encode("ab"));
    protocol.dataReceived(encode("c"));
    transport.loseConnection();
    const reason = await protocol.lost;
    assert.deepEqual([protocol.made, protocol.closed, decode(protocol.data)], [1, 1, "abc"]);
    assert.equal(protocol.transport, transport);
    assert.equal(reason, protocol.closedReason);
  });
});
