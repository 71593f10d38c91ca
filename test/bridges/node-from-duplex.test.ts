import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { Duplex, duplexPair, PassThrough } from "node:stream";
import { describe, test } from "node:test";
import { Connection } from "../../src/bridges/index.ts";
import { fromNodeDuplex, toNodeDuplex } from "../../src/bridges/node-streams.ts";
import { countAll, inMemory } from "./bridged.ts";

describe("fromNodeDuplex", () => {
  test("is refused to what is no Duplex of bytes", () => {
    const objects = new PassThrough({ objectMode: true });
    const words = new PassThrough().setEncoding("utf8");
    for (const wrong of [null, {}, "x", objects, words]) {
      assert.throws(() => fromNodeDuplex(wrong as never), TypeError);
    }
  });

  test("takes a stream once, and none that was destroyed", async () => {
    const [stream] = duplexPair();
    const endpoint = fromNodeDuplex(stream);
    const peer = await endpoint.connect(new Connection());
    await assert.rejects(endpoint.connect(new Connection()), { code: "ERR_WIRE_BUSY" });
    peer.abort();
    assert.equal((await peer.closed).kind, "aborted");
    const gone = fromNodeDuplex(new PassThrough().destroy());
    await assert.rejects(gone.connect(new Connection()), { code: "ERR_WIRE_CLOSED" });
  });

  test("knows the ends that it was told, and otherwise says that they are a stream's", async () => {
    const [left, right] = duplexPair();
    const host = { kind: "tcp", host: "127.0.0.1", port: 1, family: 4 } as const;
    const near = await fromNodeDuplex(left, { host }).connect(new Connection());
    assert.deepEqual(near.host, host);
    assert.deepEqual(near.peer, { kind: "stream", name: "the other end" });
    const far = await fromNodeDuplex(right).connect(new Connection());
    void far.close();
    await near.close();
  });

  test("without allowHalfOpen has no half-close, and loses nothing queued", async () => {
    const [left, right] = duplexPair({ allowHalfOpen: false });
    const near = await fromNodeDuplex(left).connect(new Connection());
    assert.equal(near.transport.capabilities.has("halfClose"), false);
    await assert.rejects(near.end(), { code: "ERR_WIRE_UNSUPPORTED" });
    right.allowHalfOpen = true;
    right.end();
    near.transport.write(new Uint8Array(2_000_000));
    const closed = near.close();
    assert.equal(await countAll(right), 2_000_000);
    assert.equal((await closed).kind, "done");
  });

  test("runs a conversation with a child through its pipes", async () => {
    const child = spawn(process.execPath, ["-e", "process.stdin.pipe(process.stdout)"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const pipes = Duplex.from({ readable: child.stdout, writable: child.stdin });
    const peer = await fromNodeDuplex(pipes).connect(new Connection());
    const back = countAll(peer);
    void peer.send(new Uint8Array(1_000_000));
    await peer.end();
    assert.equal(await back, 1_000_000);
    assert.equal((await peer.close()).kind, "done");
  });

  test("tells the failure of a stream as the reason, with the stream's error", async () => {
    const broken = new Error("the cable is cut");
    const stream = new PassThrough();
    const peer = await fromNodeDuplex(stream).connect(new Connection());
    stream.destroy(broken);
    const { kind, by, code, error } = await peer.closed;
    assert.deepEqual([kind, by, code], ["lost", "wire", "ERR_WIRE_BROKEN"]);
    assert.equal(error?.cause, broken);
  });

  test("tells a stream that closes before its end as a loss", async () => {
    const stream = new PassThrough();
    const peer = await fromNodeDuplex(stream).connect(new Connection());
    stream.destroy();
    const { kind, code } = await peer.closed;
    assert.deepEqual([kind, code], ["lost", "ERR_WIRE_BROKEN"]);
  });

  test("takes a stream whose directions have ended before", async () => {
    const [left, right] = duplexPair();
    right.end();
    left.resume();
    await new Promise((resolve) => left.once("end", resolve));
    const peer = await fromNodeDuplex(left).connect(new Connection());
    assert.equal(await peer.read(), null);
    void peer.send("late");
    void peer.close();
    assert.equal(await countAll(right), 4);
  });

  test("keeps the reason of the connection beneath, and says that it is beneath", async () => {
    const { near, far } = inMemory();
    const peer = await fromNodeDuplex(toNodeDuplex(near)).connect(new Connection());
    near.transport.setLimits({ idleMs: 20 });
    const { kind, code, via } = await peer.closed;
    assert.deepEqual([kind, code, via?.kind], ["timeout", "ERR_WIRE_IDLE", "timeout"]);
    await far.close();
  });
});
