import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Connection } from "../../src/bridges/index.ts";
import { BusyError, ClosedError, UnsupportedError } from "../../src/contract/index.ts";
import { VirtualRuntime } from "../../src/memory/index.ts";
import { bytes, hasCode, pair, readAll, stepping, text } from "./pair.ts";
import { scripted } from "./scripted-wire.ts";

const KIB = 1024;

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
