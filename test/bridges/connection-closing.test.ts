import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, test } from "node:test";
import { Connection } from "../../src/bridges/index.ts";
import type { Bytes, CloseReason, Protocol } from "../../src/contract/index.ts";
import { ClosedError } from "../../src/contract/index.ts";
import { bytes, connectionTo, hasCode, pair, readAll, text } from "./pair.ts";

const KIB = 1024;

/** A peer that never reads. */
class Deaf implements Protocol {
  reason: CloseReason | null = null;
  connectionMade(transport: { pauseProducing(): void }): void {
    transport.pauseProducing();
  }
  dataReceived(): void {}
  readConnectionLost(): void {}
  connectionLost(reason: CloseReason): void {
    this.reason = reason;
  }
}

describe("closing", () => {
  test("by a reader that left a paused transport reaches the peer and ends", async () => {
    const { near, far, until, settle } = pair({ readHigh: 10, readLow: 0 });
    const flood = (async () => {
      for (let i = 0; i < 50; i++) await far.send(new Uint8Array(100 * KIB));
      await far.end();
    })();
    await until(near.read());
    await settle();
    const reason = await until(near.close());
    assert.equal(reason.kind, "done");
    await until(flood);
  });

  test("sends what was sent before; a send that waits is told when it has left", async () => {
    const { near, far, until, settle } = pair({ limits: { writeHigh: 3, writeLow: 0 } });
    far.transport.pauseProducing();
    await settle();
    const sending = near.send("waiting");
    const closing = near.close();
    far.transport.resumeProducing();
    await until(sending);
    assert.equal(await until(readAll(far)), "waiting");
    await until(far.close());
    assert.equal((await until(closing)).kind, "done");
  });

  test("ends a read that waits, and every later one, with ClosedError", async () => {
    const { near, far, until, settle } = pair();
    await until(far.send("unread"));
    await settle();
    const unread = near.unreadBytes;
    const closing = near.close();
    await assert.rejects(near.read(), ClosedError);
    assert.equal(unread, 6);
    assert.equal(near.unreadBytes, 0);
    const reading = far.read();
    void far.close();
    await assert.rejects(until(reading), ClosedError);
    await until(closing);
  });

  test("cuts after graceMs, and a shorter one given later counts", async () => {
    const deaf = new Deaf();
    const { near, runtime, until, settle } = connectionTo(deaf);
    void near.send(new Uint8Array(100));
    const slow = near.close({ graceMs: 50_000 });
    await settle();
    const reason = await until(near.close({ graceMs: 2000 }));
    assert.equal(runtime.clock.now(), 2000);
    assert.equal(reason.kind, "aborted");
    assert.equal(await slow, reason);
    await settle();
    assert.equal(runtime.scheduled, 0, "no timer is left behind");
  });

  test("does not cut a slow peer that goes on reading", async () => {
    const { near, far, until, runtime } = pair({ far: { readHigh: 1, readLow: 0 } });
    for (let i = 0; i < 20; i++) void near.send(new Uint8Array(100 * KIB));
    const closing = near.close();
    let got = 0;
    await until(
      (async () => {
        for await (const chunk of far) {
          got += chunk.byteLength;
          await new Promise<void>((resolve) => runtime.clock.after(4000, resolve));
        }
      })(),
    );
    assert.ok(runtime.clock.now() > 60_000);
    assert.equal(got, 2000 * KIB);
    void far.close();
    assert.equal((await until(closing)).kind, "done");
  });

  test("always ends: a peer that never reads is cut by the limits of the transport", async () => {
    const { near, until } = connectionTo(new Deaf());
    void near.send(new Uint8Array(10));
    assert.equal((await until(near.close())).kind, "timeout");
  });

  test("ends the waiting by a signal, and goes on closing", async () => {
    const { near, far, until } = pair();
    await assert.rejects(near.close({ signal: AbortSignal.abort(new Error("enough")) }), /enough/);
    assert.equal(await until(readAll(far)), "");
    void far.close();
    assert.equal((await until(near.closed)).kind, "done");
  });

  test("a grace that is no time throws at the call and closes nothing", async () => {
    const { near, far, until } = pair();
    assert.throws(() => near.close({ graceMs: Number.NaN }), RangeError);
    await until(near.send("still open"));
    assert.equal(text(await until(far.read())), "still open");
  });

  test("`await using` closes in order", async () => {
    const { near, far, until } = pair();
    await until(
      (async () => {
        await using peer = near;
        await peer.send("bye");
        void readAll(far).then((all) => {
          assert.equal(all, "bye");
          return far.close();
        });
      })(),
    );
    assert.equal((await near.closed).kind, "done");
  });

  test("by abort is seen by the peer, and nothing unread is given any more", async () => {
    const { near, far, until, settle } = pair();
    await until(far.send("unread"));
    await settle();
    near.abort();
    near.abort();
    await assert.rejects(near.read(), ClosedError);
    assert.equal((await until(near.closed)).kind, "aborted");
    await assert.rejects(until(far.read()), hasCode("ERR_WIRE_RESET"));
    assert.equal((await near.close()).kind, "aborted");
  });
});

describe("handing over", () => {
  test("gives the next protocol every unread byte; only `closed` still speaks here", async () => {
    const { near, far, until, settle, runtime } = pair({ readHigh: 4, readLow: 0 });
    const next = new Connection({ runtime });
    await until(far.send("head"));
    await until(far.send("er"));
    await settle();
    assert.equal(text(await near.read()), "head");
    near.switchProtocol(next);
    await assert.rejects(near.read(), ClosedError);
    await assert.rejects(near.send("x"), ClosedError);
    assert.throws(() => near.switchProtocol(next), ClosedError);
    await near[Symbol.asyncDispose]();
    await until(far.send(" body"));
    await until(far.end());
    assert.equal(await until(readAll(next)), "er body");
    await until(next.close());
    assert.equal((await until(near.closed)).kind, "done");
  });

  test("that fails changes nothing", async () => {
    const { near, far, until, settle } = pair();
    await until(far.send("kept"));
    await settle();
    assert.throws(() => near.switchProtocol({} as never), TypeError);
    assert.equal(text(await until(near.read())), "kept");
    await until(near.send("works"));
    assert.equal(text(await until(far.read())), "works");
    void near.close();
    assert.throws(() => near.switchProtocol(new Deaf()), ClosedError);
  });
});

describe("a signal that outlives the connection", () => {
  test("keeps no listener of it", async () => {
    const { near, far, until, settle } = pair({ limits: { writeHigh: 3, writeLow: 0 } });
    const { signal } = new AbortController();
    far.transport.pauseProducing();
    await settle();
    const sending = near.send("waiting", { signal });
    const reading = near.read({ signal });
    const ending = near.end({ signal });
    const leaving = near.flushed({ signal });
    assert.equal(getEventListeners(signal, "abort").length, 4);
    far.transport.resumeProducing();
    await until(Promise.all([sending, ending, leaving, far.send("x"), reading]));
    await until(near.close({ signal }));
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });
});

describe("promises that nobody looks at", () => {
  test("never become unhandled rejections, whatever happens to the connection", async () => {
    const seen: unknown[] = [];
    const see = (reason: unknown): void => void seen.push(reason);
    process.on("unhandledRejection", see);
    try {
      const { near, far, until, settle } = pair({ limits: { writeHigh: 3, writeLow: 0 } });
      far.transport.pauseProducing();
      await settle();
      const giveUp = new AbortController();
      const { signal } = giveUp;
      void near.send("waiting");
      void near.send("waiting", { signal });
      void near.read({ signal });
      void near.read();
      void near.flushed({ signal });
      void near.flushed();
      void near.end();
      void near.end({ signal });
      void near[Symbol.asyncIterator]().next();
      giveUp.abort();
      void near.close({ signal });
      await settle();
      far.abort();
      await until(near.closed);
      void near.send("late");
      void near.end();
      void near.read();
      await settle();
      await new Promise<void>((resolve) => setImmediate(resolve));
    } finally {
      process.off("unhandledRejection", see);
    }
    assert.deepEqual(seen, []);
  });
});

describe("a connection that is not made", () => {
  test("says so, and refuses marks that cannot be", async () => {
    const near = new Connection();
    assert.throws(() => near.transport, ClosedError);
    await assert.rejects(near.send("x"), ClosedError);
    await assert.rejects(near.close(), ClosedError);
    assert.throws(() => new Connection({ readHigh: 1, readLow: 2 }), RangeError);
    const chunk: Bytes = bytes("x");
    near.unread(chunk);
    assert.equal(await near.read(), chunk);
  });
});
