import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Protocol } from "../../src/contract/index.ts";
import type { LoopbackRelayOptions } from "../../src/memory/index.ts";
import { AccumulatingProtocol, LoopbackRelay } from "../../src/memory/index.ts";
import { decode, encode, patterned } from "./bytes.ts";

interface Relayed {
  readonly relay: LoopbackRelay;
  readonly target: AccumulatingProtocol;
}

function relayed(options?: LoopbackRelayOptions): Relayed {
  const target = new AccumulatingProtocol();
  return { relay: new LoopbackRelay(target, options), target };
}

describe("LoopbackRelay", () => {
  it("holds what is written until it is pumped, then delivers all as one chunk (CORE-177, CORE-178)", () => {
    const { relay, target } = relayed();
    relay.write(encode("one "));
    relay.writeSequence([encode("two "), encode("three")]);
    assert.equal(target.chunks.length, 0);
    relay.clearBuffer();
    assert.deepEqual(target.chunks.map(decode), ["one two three"]);
    relay.clearBuffer();
    assert.equal(target.chunks.length, 1, "nothing waits, so nothing is delivered");
  });

  it("delivers as one chunk even what is more than one send (CORE-178)", () => {
    const { relay, target } = relayed();
    for (let index = 0; index < 30; index++) relay.write(patterned(100_000, index));
    relay.clearBuffer();
    assert.equal(target.chunks.length, 1);
    assert.equal(target.data.byteLength, 3_000_000);
    assert.deepEqual(target.data.subarray(2_900_000), patterned(100_000, 29));
  });

  it("makes a connection of two, each with the other side's protocol as its target", () => {
    const log: string[] = [];
    const server: Protocol & { transport?: LoopbackRelay } = {
      connectionMade: () => {},
      dataReceived: (data) => toClient.write(encode(`got ${decode(data)}`)),
      connectionLost: ({ kind }) => log.push(`server ${kind}`),
    };
    const client = new AccumulatingProtocol();
    const toServer = new LoopbackRelay(server, { from: "left" });
    const toClient = new LoopbackRelay(client, { from: "right" });
    client.connectionMade(toServer);
    client.transport?.write(encode("hello"));
    toServer.clearBuffer();
    toClient.clearBuffer();
    assert.equal(decode(client.data), "got hello");
    toServer.loseConnection();
    toServer.clearBuffer();
    assert.deepEqual(log, ["server done"]);
    assert.equal(client.closed, 0);
  });

  it("tells the target of the close when pumped, after the bytes, once (CORE-178, CORE-179)", () => {
    const { relay, target } = relayed();
    relay.write(encode("bye"));
    relay.loseConnection();
    relay.loseConnection();
    assert.equal(target.closed, 0);
    relay.clearBuffer();
    assert.equal(decode(target.data), "bye");
    assert.equal(target.closed, 1);
    const { ledger, ...cause } = target.closedReason ?? assert.fail("no reason");
    assert.deepEqual(cause, { kind: "done", by: "peer" });
    assert.equal(ledger.delivered, 3);
    relay.write(encode("never"));
    relay.clearBuffer();
    assert.equal(target.closed, 1);
    assert.equal(decode(target.data), "bye");
  });

  it("drops and counts what is written after the close", () => {
    const { relay, target } = relayed();
    relay.write(encode("in time"));
    relay.loseConnection();
    relay.write(encode("late"));
    assert.equal(relay.ledger.dropped, 4);
    relay.clearBuffer();
    assert.equal(decode(target.data), "in time");
    assert.equal(relay.ledger.sent, 7);
  });

  it("lets a pull producer write once for every pump, and hold the close until it is done", () => {
    const { relay, target } = relayed();
    const digits = "0123".split("");
    const producer = {
      resumeProducing: (): void => {
        const digit = digits.shift();
        if (digit === undefined) relay.unregisterProducer();
        else relay.write(encode(digit));
      },
      stopProducing: (): void => assert.fail("stopped, though the connection lives"),
    };
    relay.registerProducer(producer, false);
    relay.loseConnection();
    const seen: string[] = [];
    for (let pump = 0; pump < 5 && target.closed === 0; pump++) {
      relay.clearBuffer();
      seen.push(decode(target.data));
    }
    assert.deepEqual(seen, ["0", "01", "012", "0123"]);
    assert.equal(target.closed, 1);
  });

  it("pauses a push producer above the mark, and resumes it when pumped", () => {
    const { relay } = relayed({ limits: { writeHigh: 10, writeLow: 5 } });
    const calls: string[] = [];
    relay.registerProducer(
      {
        pauseProducing: () => calls.push("pause"),
        resumeProducing: () => calls.push("resume"),
        stopProducing: () => calls.push("stop"),
      },
      true,
    );
    relay.write(new Uint8Array(11));
    assert.deepEqual(calls, ["pause"]);
    relay.clearBuffer();
    assert.deepEqual(calls, ["pause", "resume"]);
  });

  it("refuses a second producer (CORE-180)", () => {
    const { relay } = relayed();
    const producer = { resumeProducing: () => {}, stopProducing: () => {} };
    relay.registerProducer(producer, false);
    assert.throws(() => relay.registerProducer(producer, false), {
      code: "ERR_WIRE_PRODUCER_REGISTERED",
    });
    relay.unregisterProducer();
    relay.registerProducer(producer, false);
  });

  it("writes a log line for each write and each delivery, the bytes escaped (CORE-181)", () => {
    const lines: string[] = [];
    const { relay } = relayed({ log: (line) => lines.push(line) });
    relay.write(encode('say "hi"\r\n'));
    relay.writeSequence([Uint8Array.of(0, 255), encode("z")].values());
    relay.clearBuffer();
    assert.deepEqual(lines, [
      String.raw`left writes "say \"hi\"\r\n"`,
      String.raw`left writes "\x00\xff"`,
      'left writes "z"',
      String.raw`left delivers "say \"hi\"\r\n\x00\xffz"`,
    ]);
  });

  it("has loopback addresses that are values (CORE-182)", () => {
    const { relay } = relayed({ from: "right" });
    assert.deepEqual(relay.getHost(), { kind: "loopback", side: "right" });
    assert.deepEqual(relay.getPeer(), { kind: "loopback", side: "left" });
  });

  it("shows an abort to the target as a reset, when pumped, and discards what waits", () => {
    const { relay, target } = relayed();
    relay.write(encode("never"));
    relay.abortConnection();
    assert.equal(target.closed, 0);
    relay.clearBuffer();
    assert.equal(target.data.byteLength, 0);
    assert.equal(target.closedReason?.code, "ERR_WIRE_RESET");
    assert.equal(relay.ledger.unsent, 5);
  });

  it("ends with the target's error as the reason when the target throws", () => {
    const error = new Error("mine");
    const target = new AccumulatingProtocol();
    target.dataReceived = () => {
      throw error;
    };
    const relay = new LoopbackRelay(target);
    relay.write(encode("x"));
    relay.clearBuffer();
    assert.equal(target.closedReason?.code, "ERR_WIRE_PROTOCOL_THREW");
    assert.equal(target.closedReason?.error, error);
    relay.write(encode("y"));
    relay.clearBuffer();
    assert.equal(target.closed, 1);
  });

  it("leaves what is written during the pump for the next one, and refuses to be pumped inside", () => {
    const target = new AccumulatingProtocol();
    const received = target.dataReceived.bind(target);
    let thrown: unknown;
    target.dataReceived = (data) => {
      received(data);
      relay.write(encode("more"));
      try {
        relay.clearBuffer();
      } catch (error) {
        thrown = error;
      }
    };
    const relay = new LoopbackRelay(target);
    relay.write(encode("first"));
    relay.clearBuffer();
    assert.equal(decode(target.data), "first");
    assert.equal((thrown as { code?: string }).code, "ERR_WIRE_BUSY");
    relay.clearBuffer();
    assert.equal(decode(target.data), "firstmore");
  });

  it("delivers a copy, and its flushed settles when pumped", async () => {
    const { relay, target } = relayed();
    const buffer = encode("abc");
    relay.write(buffer);
    const flushed = relay.flushed();
    relay.clearBuffer();
    await flushed;
    buffer.fill(0);
    assert.equal(decode(target.data), "abc");
  });

  it("refuses by name what one direction cannot do", () => {
    const { relay } = relayed();
    const unsupported = { code: "ERR_WIRE_UNSUPPORTED" };
    assert.equal(relay.capabilities.has("halfClose"), false);
    assert.throws(() => relay.loseWriteConnection(), unsupported);
    assert.throws(() => relay.switchProtocol(), unsupported);
    assert.throws(() => relay.write("text" as unknown as Uint8Array), TypeError);
    assert.throws(() => relay.writeSequence(3 as unknown as Uint8Array[]), TypeError);
    assert.throws(() => new LoopbackRelay({} as Protocol), TypeError);
  });
});
