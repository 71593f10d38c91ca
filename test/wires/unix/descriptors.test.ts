import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { UnixTransport } from "../../../src/contract/index.ts";
import { unix } from "../../../src/wires/unix/index.ts";
import { closeQuietly, makePipe } from "../fifo.ts";
import { pairOver, patterned, RecordingProtocol } from "../recording-protocol.ts";
import {
  isClosedOnExec,
  isSameFile,
  onlyNative,
  openCount,
  Receiver,
  receivers,
  turns,
} from "./descriptor-rig.ts";
import { folder, plain } from "./unix-rig.ts";

const TEXT = (text: string): Buffer => Buffer.from(text);

describe("unix: descriptors that travel", onlyNative, () => {
  it("arrive as other numbers of the same open file, close-on-exec (CORE-307, CORE-308)", async () => {
    await using at = await folder();
    await using both = await receivers(at.at("s"));
    using server = both.server;
    writeFileSync(at.at("file"), "what is in it");
    const file = openSync(at.at("file"), "r");
    const pipe = makePipe();
    const sent = [file, pipe.input, pipe.output];
    for (const fd of sent) void both.client.transport.sendFileDescriptor(fd);
    both.client.transport.write(TEXT("abc"));
    await server.descriptors(3);
    for (const [index, fd] of server.fds.entries()) {
      assert.notEqual(fd, sent[index]);
      assert.ok(isSameFile(fd, sent[index] as number));
      assert.ok(isClosedOnExec(fd));
    }
    assert.equal(readFileSync(`/proc/self/fd/${server.fds[0]}`, "utf8"), "what is in it");
    closeQuietly(...sent);
  });

  it("each come with a byte, in order, ahead of it (CORE-300, CORE-304)", async () => {
    await using at = await folder();
    await using both = await receivers(at.at("s"));
    using server = both.server;
    const { transport } = both.client;
    void transport.sendFileDescriptor(0);
    void transport.sendFileDescriptor(1);
    transport.write(TEXT("hello world"));
    await server.received(11);
    assert.deepEqual(server.order, ["fd", "h", "fd", "e", "llo world"]);
  });

  it("are duplicated in the call: the caller may close at once (CORE-302)", async () => {
    await using at = await folder();
    await using both = await receivers(at.at("s"));
    using server = both.server;
    const before = openCount();
    const file = openSync("/dev/null", "r");
    const sent = both.client.transport.sendFileDescriptor(file);
    closeSync(file);
    both.client.transport.write(TEXT("x"));
    await sent;
    await server.descriptors(1);
    assert.equal(openCount(), before + 1);
  });

  it("wait for a byte, however late it is written (CORE-299)", async () => {
    await using at = await folder();
    await using both = await receivers(at.at("s"));
    using server = both.server;
    let hasLeft = false;
    const sent = both.client.transport.sendFileDescriptor(0).then(() => {
      hasLeft = true;
    });
    await turns();
    assert.equal(hasLeft, false);
    assert.deepEqual(server.order, []);
    both.client.transport.write(TEXT("x"));
    await sent;
    await server.received(1);
    assert.deepEqual(server.order, ["fd", "x"]);
  });

  it("beyond the bytes there are wait for more", async () => {
    await using at = await folder();
    await using both = await receivers(at.at("s"));
    using server = both.server;
    const { transport } = both.client;
    for (let count = 0; count < 3; count++) void transport.sendFileDescriptor(0);
    transport.write(TEXT("a"));
    await server.received(1);
    transport.write(TEXT("bcd"));
    await server.received(4);
    assert.deepEqual(server.order, ["fd", "a", "fd", "b", "fd", "c", "d"]);
  });

  it("do not change the ledger, and 5 MiB around them arrive whole", async () => {
    await using at = await folder();
    await using both = await receivers(at.at("s"));
    using server = both.server;
    const data = patterned(5 * 1024 * 1024);
    const { transport } = both.client;
    const step = data.byteLength / 50;
    for (let index = 0; index < 50; index++) {
      transport.write(data.subarray(index * step, (index + 1) * step));
      void transport.sendFileDescriptor(0);
    }
    transport.loseConnection();
    await server.lost;
    assert.equal(server.fds.length, 50);
    assert.ok(server.bytes.equals(data));
    const { ledger } = await both.client.lost;
    assert.equal(ledger.accepted, data.byteLength);
    assert.equal(ledger.sent, data.byteLength);
  });

  it("are refused with what is no open descriptor, in the call", async () => {
    await using at = await folder();
    await using both = await receivers(at.at("s"));
    const { transport } = both.client;
    const closed = openSync("/dev/null", "r");
    closeSync(closed);
    const before = openCount();
    for (const wrong of ["1", null, undefined, {}]) {
      assert.throws(() => transport.sendFileDescriptor(wrong as never), TypeError);
    }
    for (const wrong of [-1, 1.5, Number.NaN, Infinity, 2 ** 40, closed]) {
      assert.throws(() => transport.sendFileDescriptor(wrong), RangeError);
    }
    transport.write(TEXT("x"));
    await both.server.received(1);
    assert.equal(openCount(), before);
  });

  it("that no protocol takes are closed, and their bytes delivered (CORE-306)", async () => {
    await using at = await folder();
    const endpoint = unix({ path: at.at("s"), driver: "native" });
    await using both = await pairOver(endpoint, () => endpoint, plain);
    const before = openCount();
    for (let count = 0; count < 5; count++) void both.client.transport.sendFileDescriptor(0);
    both.client.transport.write(TEXT("hello"));
    await both.server.received(5);
    assert.equal(both.server.bytes.toString(), "hello");
    assert.equal(openCount(), before);
  });

  it("left without a byte at the close are the reason, and nothing is lost (CORE-298)", async () => {
    await using at = await folder();
    await using both = await receivers(at.at("s"));
    using server = both.server;
    const before = openCount();
    const { transport } = both.client;
    const promises = [0, 1, 2].map(() => transport.sendFileDescriptor(0));
    transport.write(TEXT("x"));
    transport.loseConnection();
    const reason = await both.client.lost;
    const { kind, by, code } = reason;
    assert.deepEqual(
      { kind, by, code },
      { kind: "failed", by: "us", code: "ERR_WIRE_DESCRIPTOR_OVERRUN" },
    );
    assert.match(reason.error?.message ?? "", /2 descriptors/);
    const settled = (await Promise.allSettled(promises)).map(({ status }) => status);
    assert.deepEqual(settled, ["fulfilled", "rejected", "rejected"]);
    assert.equal((await server.lost).kind, "done");
    assert.deepEqual(server.order, ["fd", "x"]);
    assert.ok(openCount() <= before);
  });

  it("after a close was asked for are refused, and not kept (CORE-309)", async () => {
    await using at = await folder();
    await using both = await receivers(at.at("s"));
    const { transport } = both.client;
    transport.loseConnection();
    const before = openCount();
    await assert.rejects(transport.sendFileDescriptor(0), { code: "ERR_WIRE_CLOSED" });
    assert.equal(openCount(), before);
    await both.client.lost;
    await assert.rejects(transport.sendFileDescriptor(0), { code: "ERR_WIRE_CLOSED" });
  });

  it("are let go by an abort, on their way and unread alike", async () => {
    await using at = await folder();
    const before = openCount();
    {
      await using both = await receivers(at.at("s"));
      both.server.transport.pauseProducing();
      const { transport } = both.client;
      const promises = [...Array(40).keys()].map(() => transport.sendFileDescriptor(0));
      transport.write(Buffer.alloc(20));
      await promises[19];
      await turns();
      transport.abortConnection();
      await assert.rejects(promises[20] as Promise<void>, { code: "ERR_WIRE_CLOSED" });
      both.server.transport.abortConnection();
      await Promise.all([both.client.lost, both.server.lost]);
      assert.deepEqual(both.server.fds, []);
    }
    await turns();
    assert.equal(openCount(), before);
  });

  it("wait while the reader is paused, each in its place", async () => {
    await using at = await folder();
    await using both = await receivers(at.at("s"));
    using server = both.server;
    server.onDescriptor = () => server.transport.pauseProducing();
    const { transport } = both.client;
    void transport.sendFileDescriptor(0);
    void transport.sendFileDescriptor(0);
    transport.write(TEXT("abc"));
    await server.descriptors(1);
    await turns();
    assert.deepEqual(server.order, ["fd"]);
    server.transport.resumeProducing();
    await server.descriptors(2);
    assert.deepEqual(server.order, ["fd", "a", "fd"]);
    server.onDescriptor = () => undefined;
    server.transport.resumeProducing();
    await server.received(3);
    assert.deepEqual(server.order, ["fd", "a", "fd", "b", "c"]);
  });

  it("go to the protocol that takes over, with the bytes they came with", async () => {
    await using at = await folder();
    await using both = await receivers(at.at("s"));
    using next = new Receiver();
    using server = both.server;
    server.onDescriptor = () => {
      server.transport.pauseProducing();
      setImmediate(() => server.transport.switchProtocol(next, TEXT("early")));
    };
    const { transport } = both.client;
    void transport.sendFileDescriptor(0);
    void transport.sendFileDescriptor(0);
    transport.write(TEXT("abc"));
    await next.received(8);
    assert.deepEqual(server.order, ["fd"]);
    assert.deepEqual(next.order, ["early", "a", "fd", "b", "c"]);
    transport.loseConnection();
    assert.equal((await next.lost).kind, "done");
    server.connectionLost(await next.lost);
  });

  it("more than 64 of them pause a push producer (CORE-303)", async () => {
    await using at = await folder();
    await using both = await receivers(at.at("s"));
    using server = both.server;
    const { transport } = both.client;
    const told: string[] = [];
    const producer = {
      pauseProducing: () => void told.push("pause"),
      resumeProducing: () => void told.push("resume"),
      stopProducing: () => void told.push("stop"),
    };
    transport.registerProducer(producer, true);
    for (let count = 0; count < 64; count++) void transport.sendFileDescriptor(0);
    assert.deepEqual(told, []);
    void transport.sendFileDescriptor(0);
    assert.deepEqual(told, ["pause"]);
    // With no byte to travel with they would wait for the producer, and it for them.
    await turns();
    assert.deepEqual(told, ["pause", "resume"]);
    transport.unregisterProducer();
    transport.write(Buffer.alloc(65));
    await server.descriptors(65);
  });

  it("of a hostile sender are bounded while the reader is paused", async () => {
    await using at = await folder();
    await using both = await receivers(at.at("s"));
    using server = both.server;
    server.onDescriptor = () => server.transport.pauseProducing();
    const before = openCount();
    const { transport } = both.client;
    for (let count = 0; count < 500; count++) void transport.sendFileDescriptor(0);
    transport.write(Buffer.alloc(500));
    await turns(50);
    transport.abortConnection();
    await both.client.lost;
    // What is still in the system's hands is no number of ours.
    assert.ok(openCount() - before <= 65, `${openCount() - before} descriptors`);
    server.onDescriptor = () => undefined;
    server.transport.resumeProducing();
    await server.lost;
  });

  it("belong to the protocol once it was told, even if it throws", async () => {
    await using at = await folder();
    await using both = await receivers(at.at("s"));
    using server = both.server;
    server.onDescriptor = () => {
      throw new Error("not this one");
    };
    void both.client.transport.sendFileDescriptor(0);
    void both.client.transport.sendFileDescriptor(0);
    both.client.transport.write(TEXT("ab"));
    const reason = await server.lost;
    assert.equal(reason.code, "ERR_WIRE_PROTOCOL_THREW");
    assert.equal(server.fds.length, 1);
    assert.doesNotThrow(() => isClosedOnExec(server.fds[0] as number));
  });
});

describe("unix: descriptors on the portable driver", () => {
  it("are refused by name, in the call", async () => {
    await using at = await folder();
    const server = new RecordingProtocol<UnixTransport>();
    const endpoint = unix({ path: at.at("s"), driver: "portable" });
    await using _port = await endpoint.listen(() => server);
    const client = await endpoint.connect(new RecordingProtocol<UnixTransport>());
    const { transport } = client;
    assert.ok(!transport.capabilities.has("descriptors"));
    assert.throws(() => transport.sendFileDescriptor(0), {
      code: "ERR_WIRE_UNSUPPORTED",
      message: /portable driver/,
    });
    transport.write(TEXT("x"));
    transport.loseConnection();
    await server.lost;
    assert.equal(server.bytes.toString(), "x");
    await client.lost;
  });
});
