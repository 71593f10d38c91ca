import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Connection } from "../../src/bridges/index.ts";
import type { StreamError, WebStreams } from "../../src/bridges/web-streams.ts";
import { fromWebStreams, toWebStreams } from "../../src/bridges/web-streams.ts";
import { systemRuntime } from "../../src/flow/index.ts";
import { countAll, inMemory, over, places, turns } from "./bridged.ts";
import { bytes, text } from "./pair.ts";
import { scripted } from "./scripted-wire.ts";

const MIB = 1024 * 1024;

async function writeAll({ writable }: WebStreams, ...chunks: readonly Uint8Array[]): Promise<void> {
  const writer = writable.getWriter();
  for (const chunk of chunks) await writer.write(chunk);
  await writer.close();
}

/** What a promise rejects with. */
async function failure(promise: Promise<unknown>): Promise<StreamError> {
  return promise.then(
    () => assert.fail("it did not reject"),
    (error: StreamError) => error,
  );
}

for (const { name, make } of places) {
  describe(`toWebStreams over ${name}`, () => {
    test("keeps the answer that comes after our end", async () => {
      await using place = make();
      const { near, far } = await over(place);
      const streams = toWebStreams(near);
      await writeAll(streams, bytes("quest"), bytes("ion"));
      let asked = "";
      for await (const chunk of far) asked += text(chunk);
      assert.equal(asked, "question");
      await turns();
      void far.send(new Uint8Array(1_000_000));
      void far.close();
      assert.equal(await countAll(streams.readable), 1_000_000);
      assert.equal((await far.closed).kind, "done");
    });

    test("answers after the peer's end", async () => {
      await using place = make();
      const { near, far } = await over(place);
      const streams = toWebStreams(near);
      await far.end();
      assert.equal(await countAll(streams.readable), 0);
      await turns();
      const sending = writeAll(streams, new Uint8Array(1_000_000));
      assert.equal(await countAll(far), 1_000_000);
      await sending;
      assert.equal((await far.closed).kind, "done");
    });

    test("that is cancelled after its end still reaches a peer that talks on", async () => {
      await using place = make();
      const { near, far } = await over(place);
      const streams = toWebStreams(near);
      let isTalking = true;
      const talk = (async () => {
        for (; isTalking; await turns(1)) await far.send(bytes("chatter"));
      })();
      void writeAll(streams, new Uint8Array(4 * MIB));
      await streams.readable.cancel();
      assert.equal(await countAll(far), 4 * MIB);
      isTalking = false;
      await talk;
      assert.equal((await far.close()).kind, "done");
    });

    test("that is cancelled first throws away what comes, and still sends", async () => {
      await using place = make();
      const { near, far } = await over(place);
      const { readable, writable } = toWebStreams(near);
      const reader = readable.getReader();
      const reading = reader.read();
      await turns();
      await reader.cancel();
      assert.equal((await reading).done, true);
      await far.send(new Uint8Array(MIB));
      await far.send(new Uint8Array(MIB));
      const sending = writeAll({ readable, writable }, bytes("answer"));
      assert.equal(await countAll(far), 6);
      await sending;
      assert.equal((await far.close()).kind, "done");
    });

    test("holds a peer that nobody reads, and is held by one that does not read", async () => {
      await using place = make();
      const { near, far } = await over(place);
      const { readable, writable } = toWebStreams(near);
      far.transport.write(new Uint8Array(32 * MIB));
      void far.end();
      const writer = writable.getWriter();
      let isSent = false;
      const sending = writer.write(new Uint8Array(32 * MIB)).then(() => {
        isSent = true;
      });
      await turns(200);
      assert.ok(far.transport.ledger.unsent > 16 * MIB, "the peer was not held");
      assert.equal(isSent, false);
      assert.ok((writer.desiredSize ?? 1) <= 0, "the writer was not held");
      assert.equal(await countAll(readable), 32 * MIB);
      void writer.close();
      assert.equal(await countAll(far), 32 * MIB);
      await sending;
    });
  });
}

describe("the end of the streams of toWebStreams", () => {
  test("is an error on both, with code and reason, when the peer resets", async () => {
    const { near, far } = inMemory();
    const { readable, writable } = toWebStreams(near);
    const [reader, writer] = [readable.getReader(), writable.getWriter()];
    await far.send("last words");
    await turns();
    far.abort();
    await near.closed;
    assert.equal(text((await reader.read()).value ?? null), "last words");
    for (const error of [await failure(reader.read()), await failure(writer.closed)]) {
      assert.equal(error.code, "ERR_WIRE_RESET");
      assert.deepEqual([error.reason.kind, error.reason.by], ["lost", "peer"]);
    }
  });

  test("fails the write that was under way with that error", async () => {
    const { near, far } = inMemory();
    far.transport.pauseProducing();
    const writer = toWebStreams(near).writable.getWriter();
    const sending = writer.write(new Uint8Array(MIB));
    await turns();
    far.abort();
    assert.equal((await failure(sending)).code, "ERR_WIRE_RESET");
  });

  test("by abort is a cut that the peer can tell", async () => {
    const { near, far } = inMemory();
    const { readable, writable } = toWebStreams(near);
    await writable.abort(new Error("enough"));
    assert.equal((await far.closed).code, "ERR_WIRE_RESET");
    const error = await failure(readable.getReader().read());
    assert.deepEqual([error.code, error.reason.kind], ["ERR_WIRE_CLOSED", "aborted"]);
  });

  test("by a chunk that is not bytes is a cut, too", async () => {
    const { near, far } = inMemory();
    const writer = toWebStreams(near).writable.getWriter();
    await assert.rejects(writer.write("text" as never), TypeError);
    assert.equal((await far.closed).code, "ERR_WIRE_RESET");
  });

  test("that came before the streams were there is told all the same", async () => {
    const { near, far } = inMemory();
    await far.send("last words");
    await far.end();
    await turns();
    const streams = toWebStreams(near);
    assert.equal(await countAll(streams.readable), 10);
    await writeAll(streams);
    assert.equal((await far.closed).kind, "done");
  });

  test("of a connection that is over already fails both by name", async () => {
    const { near, far } = inMemory();
    far.abort();
    await near.closed;
    const { readable, writable } = toWebStreams(near);
    assert.equal((await failure(readable.getReader().read())).code, "ERR_WIRE_CLOSED");
    assert.equal((await failure(writable.getWriter().closed)).code, "ERR_WIRE_CLOSED");
  });

  test("is silent where nobody looks", async () => {
    const { near, far } = inMemory();
    const rejections: unknown[] = [];
    const note = (error: unknown): void => void rejections.push(error);
    process.on("unhandledRejection", note);
    toWebStreams(near);
    await turns();
    far.abort();
    await turns();
    process.off("unhandledRejection", note);
    assert.deepEqual(rejections, []);
  });
});

describe("the streams of toWebStreams", () => {
  test("go through pipes, both ways", async () => {
    const { near, far } = inMemory();
    const [there, back] = [toWebStreams(near), toWebStreams(far)];
    const echo = back.readable.pipeTo(back.writable);
    const sending = new Blob([new Uint8Array(MIB)]).stream().pipeTo(there.writable);
    assert.equal(await countAll(there.readable), MIB);
    await Promise.all([echo, sending]);
  });

  test("without half-close leave the way back open until the peer ends", async () => {
    const near = new Connection();
    const { wire } = scripted(near, [], systemRuntime());
    const streams = toWebStreams(near);
    await writeAll(streams);
    await turns();
    assert.equal(wire.asked.includes("endSending"), false);
    wire.facts.received(bytes("answer"));
    wire.facts.peerEnded();
    assert.equal(await countAll(streams.readable), 6);
    await turns();
    assert.ok(wire.asked.includes("endSending"));
    wire.facts.sendingEnded();
    wire.facts.over();
  });

  test("go on reading when the peer takes no more", async () => {
    const near = new Connection();
    const { wire } = scripted(near, ["halfClose"], systemRuntime());
    const { readable, writable } = toWebStreams(near);
    const writer = writable.getWriter();
    const sending = failure(writer.write(bytes("never sent")));
    await turns();
    wire.facts.sendingEnded();
    assert.equal((await sending).code, "ERR_WIRE_CLOSED");
    wire.facts.received(bytes("answer"));
    wire.facts.peerEnded();
    assert.equal(await countAll(readable), 6);
    wire.facts.over();
  });

  test("are refused to what is no connection, and made of nothing else than two streams", () => {
    assert.throws(() => toWebStreams({} as never), TypeError);
    assert.throws(() => fromWebStreams({} as never), TypeError);
    assert.throws(() => fromWebStreams(null as never), TypeError);
  });
});

describe("fromWebStreams", () => {
  test("takes streams once, and not those that somebody reads", async () => {
    const { readable, writable } = new TransformStream();
    const endpoint = fromWebStreams({ readable, writable });
    const reader = readable.getReader();
    await assert.rejects(endpoint.connect(new Connection()), { code: "ERR_WIRE_BUSY" });
    reader.releaseLock();
    const peer = await endpoint.connect(new Connection());
    await assert.rejects(endpoint.connect(new Connection()), { code: "ERR_WIRE_BUSY" });
    assert.deepEqual(peer.host, { kind: "stream", name: "this end" });
    peer.abort();
    await peer.closed;
  });

  test("is not begun by a signal that has aborted", async () => {
    const streams = new TransformStream();
    const signal = AbortSignal.abort(new Error("too late"));
    const endpoint = fromWebStreams(streams);
    await assert.rejects(endpoint.connect(new Connection(), { signal }), /too late/);
    assert.equal(streams.readable.locked, false);
  });

  test("tells the failure of a stream as the reason, with the stream's error", async () => {
    const broken = new Error("the cable is cut");
    const readable = new ReadableStream({ pull: () => Promise.reject(broken) });
    const peer = await fromWebStreams({ readable, writable: new WritableStream() }).connect(
      new Connection(),
    );
    const { kind, by, code, error } = await peer.closed;
    assert.deepEqual([kind, by, code], ["lost", "wire", "ERR_WIRE_BROKEN"]);
    assert.equal(error?.cause, broken);
  });

  test("keeps the reason of the connection beneath, and says that it is beneath", async () => {
    const { near, far } = inMemory();
    const peer = await fromWebStreams(toWebStreams(near)).connect(new Connection());
    near.transport.setLimits({ idleMs: 20 });
    const { kind, code, via } = await peer.closed;
    assert.deepEqual([kind, code, via?.kind], ["timeout", "ERR_WIRE_IDLE", "timeout"]);
    await far.close();
  });
});
