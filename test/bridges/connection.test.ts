import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, test } from "node:test";
import { Connection } from "../../src/bridges/index.ts";
import type { Bytes, CloseReason, Protocol } from "../../src/contract/index.ts";
import { BusyError, ClosedError, UnsupportedError } from "../../src/contract/index.ts";
import { VirtualRuntime } from "../../src/memory/index.ts";
import { bytes, connectionTo, pair, readAll, stepping, text } from "./pair.ts";
import { scripted } from "./scripted-wire.ts";

const KIB = 1024;

/** An error of ours with that code, whatever its class. */
function hasCode(code: string): (error: unknown) => boolean {
  return (error) => (error as { code?: unknown }).code === code;
}

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

describe("reading", () => {
  test("gives what the peer sent, then its end, and sending goes on after that", async () => {
    const { near, far, until } = pair();
    await until(far.send("grüße"));
    await until(far.end());
    assert.equal(await until(readAll(near)), "grüße");
    assert.equal(await until(near.read()), null);
    await until(near.send("late answer"));
    await until(near.close());
    assert.equal(await until(readAll(far)), "late answer");
    assert.equal((await far.closed).kind, "done");
  });

  test("that leaves its loop early and goes on later misses nothing", async () => {
    const { near, far, until } = pair();
    for (const part of ["one ", "two ", "three"]) await until(far.send(part));
    await until(far.end());
    for await (const chunk of near) {
      assert.equal(text(chunk), "one ");
      break;
    }
    assert.equal(await until(readAll(near)), "two three");
  });

  test("by two at once is refused by name, and the first one gets the bytes", async () => {
    const { near, far, until } = pair();
    const first = near.read();
    await assert.rejects(near.read(), BusyError);
    await until(far.send("x"));
    assert.equal(text(await until(first)), "x");
  });

  test("given up by a signal loses no byte", async () => {
    const { near, far, until } = pair();
    const giveUp = new AbortController();
    const read = near.read({ signal: giveUp.signal });
    giveUp.abort(new Error("enough"));
    await assert.rejects(until(read), /enough/);
    await assert.rejects(near.read({ signal: giveUp.signal }), /enough/);
    await until(far.send("kept"));
    assert.equal(text(await until(near.read())), "kept");
  });

  test("holds a flooding peer back: unread bytes stay below the mark and one chunk", async () => {
    const chunk = new Uint8Array(10 * KIB);
    const { near, far, until, settle } = pair({ readHigh: 40 * KIB, readLow: 10 * KIB });
    far.transport.setLimits({ writeHigh: 64 * KIB, writeLow: 16 * KIB });
    let sent = 0;
    const flood = (async () => {
      for (; sent < 200; sent++) await far.send(chunk);
      await far.end();
    })();
    await settle();
    const stuckAt = sent;
    assert.ok(near.unreadBytes <= 50 * KIB, `${near.unreadBytes} bytes unread`);
    assert.ok(stuckAt < 60, `${stuckAt} chunks were taken though nobody reads`);
    let got = 0;
    await until(
      (async () => {
        for await (const part of near) {
          got += part.byteLength;
          assert.ok(near.unreadBytes <= 50 * KIB);
        }
      })(),
    );
    await until(flood);
    assert.equal(got, 200 * chunk.byteLength);
  });

  test("gives what had come before the loss, then the loss with its code", async () => {
    const { near, far, until, settle } = pair();
    await until(far.send("last words"));
    await settle();
    far.abort();
    await until(near.closed);
    assert.equal(text(await near.read()), "last words");
    await assert.rejects(near.read(), hasCode("ERR_WIRE_RESET"));
    await assert.rejects(readAll(near), hasCode("ERR_WIRE_RESET"));
  });

  test("that met the peer's end is over in order, whatever becomes of the connection", async () => {
    const { near, far, until, settle } = pair();
    await until(far.end());
    await settle();
    far.abort();
    assert.equal((await until(near.closed)).kind, "lost");
    assert.equal(await near.read(), null);
  });

  test("tells a time limit by its code", async () => {
    const { near, until } = pair();
    near.transport.setLimits({ idleMs: 5000 });
    await assert.rejects(until(near.read()), hasCode("ERR_WIRE_IDLE"));
  });

  test("gets bytes that were put back before all others", async () => {
    const { near, far, until, settle } = pair();
    await until(far.send("behind"));
    await settle();
    near.unread(bytes("before "));
    near.unread(bytes("first "));
    await until(far.end());
    assert.equal(await until(readAll(near)), "first before behind");
    near.unread(bytes("again"));
    assert.equal(await until(readAll(near)), "again");
  });
});

describe("sending", () => {
  test("waits when the peer does not read, and goes on when it does", async () => {
    const { near, far, until, settle } = pair({ limits: { writeHigh: 8 * KIB, writeLow: 0 } });
    far.transport.pauseProducing();
    await settle();
    let isThrough = false;
    const sending = near.send(new Uint8Array(16 * KIB)).then(() => {
      isThrough = true;
    });
    await settle();
    assert.equal(isThrough, false);
    far.transport.resumeProducing();
    await until(sending);
    assert.equal(isThrough, true);
  });

  test("given up by a signal takes nothing back; with an aborted one sends nothing", async () => {
    const { near, far, until, settle } = pair({ limits: { writeHigh: 3, writeLow: 0 } });
    far.transport.pauseProducing();
    await settle();
    const giveUp = new AbortController();
    const sending = near.send("taken", { signal: giveUp.signal });
    giveUp.abort(new Error("enough"));
    await assert.rejects(until(sending), /enough/);
    await assert.rejects(near.send("never", { signal: giveUp.signal }), /enough/);
    far.transport.resumeProducing();
    await until(near.close());
    assert.equal(await until(readAll(far)), "taken");
  });

  test("what is neither bytes nor text throws at the call", () => {
    const { near } = pair();
    assert.throws(() => near.send(5 as never), TypeError);
    assert.throws(() => near.unread("x" as never), TypeError);
    assert.equal(near.transport.ledger.accepted, 0);
  });

  test("on a lost connection is refused, and so is one that waits, with why", async () => {
    const { near, far, until, settle } = pair({ limits: { writeHigh: 3, writeLow: 0 } });
    far.transport.pauseProducing();
    await settle();
    const waiting = near.send("waiting");
    far.abort();
    await until(near.closed);
    for (const send of [waiting, near.send("late")]) {
      await assert.rejects(
        send,
        (error) => error instanceof ClosedError && hasCode("ERR_WIRE_RESET")(error.cause),
      );
    }
  });

  test("is refused when the peer takes no more, while reading goes on", async () => {
    const runtime = new VirtualRuntime();
    const { settle, until } = stepping(runtime);
    const near = new Connection({ runtime });
    const { wire } = scripted(near, ["halfClose", "abort"], runtime);
    near.transport.setLimits({ writeHigh: 3, writeLow: 0 });
    const waiting = near.send("waiting");
    await settle();
    wire.facts.sendingEnded();
    for (const refused of [waiting, near.send("late"), near.end()]) {
      await assert.rejects(
        refused,
        (error) => error instanceof ClosedError && /takes no more/.test(String(error.cause)),
      );
    }
    wire.facts.received(bytes("still here"));
    assert.equal(text(await until(near.read())), "still here");
  });
});

describe("ending our direction", () => {
  test("reaches the peer behind all that was sent, once, and reading goes on", async () => {
    const { near, far, until } = pair();
    void near.send("question");
    const end = near.end();
    await assert.rejects(near.send("more"), ClosedError);
    await until(end);
    await until(near.end());
    assert.equal(await until(readAll(far)), "question");
    await until(far.send("answer"));
    await until(far.close());
    assert.equal(await until(readAll(near)), "answer");
    assert.deepEqual((({ kind, by }) => ({ kind, by }))(await until(near.closed)), {
      kind: "done",
      by: "us",
    });
  });

  test("is told as failed when the connection is lost first", async () => {
    const { near, far, until, settle } = pair();
    far.transport.pauseProducing();
    await settle();
    void near.send("never read");
    const end = near.end();
    await settle();
    far.abort();
    await assert.rejects(until(end), ClosedError);
  });

  test("resolves a send that waits for room once its bytes are sent", async () => {
    const { near, far, until, settle } = pair({ limits: { writeHigh: 3, writeLow: 0 } });
    far.transport.pauseProducing();
    await settle();
    const sending = near.send("waiting");
    const end = near.end();
    await settle();
    far.transport.resumeProducing();
    await until(sending);
    await until(end);
    assert.equal(await until(readAll(far)), "waiting");
  });

  test("is refused by name on a wire that cannot, and nothing is closed", async () => {
    const runtime = new VirtualRuntime();
    const near = new Connection({ runtime });
    const { wire } = scripted(near, [], runtime);
    await assert.rejects(near.end(), UnsupportedError);
    assert.throws(() => near.abort(), UnsupportedError);
    void near.send("x");
    runtime.advance(0);
    assert.ok(wire.asked.includes("send 1"));
  });
});

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
