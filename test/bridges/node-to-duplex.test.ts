import assert from "node:assert/strict";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { PassThrough, Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { describe, test } from "node:test";
import { Connection } from "../../src/bridges/index.ts";
import { toNodeDuplex } from "../../src/bridges/node-streams.ts";
import type { CloseReason } from "../../src/contract/index.ts";
import { systemRuntime } from "../../src/flow/index.ts";
import { countAll, inMemory, over, places, turns } from "./bridged.ts";
import { bytes, text } from "./pair.ts";
import { scripted } from "./scripted-wire.ts";

const MIB = 1024 * 1024;

/** The stream read until its end, and left alone then. */
function reading(stream: Duplex): AsyncIterable<Uint8Array> {
  return stream.iterator({ destroyOnReturn: false });
}

async function errorOf(stream: Duplex): Promise<Error & { code?: string; reason?: CloseReason }> {
  const [error] = await once(stream, "error");
  return error;
}

for (const { name, make } of places) {
  describe(`toNodeDuplex over ${name}`, () => {
    test("keeps the answer that comes after our end", async () => {
      await using place = make();
      const { near, far } = await over(place);
      const stream = toNodeDuplex(near);
      stream.end("question");
      let asked = "";
      for await (const chunk of far) asked += text(chunk);
      assert.equal(asked, "question");
      await turns();
      void far.send(new Uint8Array(1_000_000));
      void far.close();
      assert.equal(await countAll(stream), 1_000_000);
      await finished(stream);
      assert.equal((await far.closed).kind, "done");
    });

    test("answers after the peer's end", async () => {
      await using place = make();
      const { near, far } = await over(place);
      const stream = toNodeDuplex(near);
      await far.end();
      assert.equal(await countAll(reading(stream)), 0);
      await turns();
      stream.end(new Uint8Array(1_000_000));
      assert.equal(await countAll(far), 1_000_000);
      await finished(stream);
    });

    test("that is destroyed after its end still reaches a peer that talks on", async () => {
      await using place = make();
      const { near, far } = await over(place);
      const stream = toNodeDuplex(near);
      let isTalking = true;
      const talk = (async () => {
        for (; isTalking; await turns(1)) await far.send(bytes("chatter"));
      })();
      stream.end(new Uint8Array(4 * MIB), () => stream.destroy());
      assert.equal(await countAll(far), 4 * MIB);
      isTalking = false;
      await talk;
      assert.equal((await far.close()).kind, "done");
    });

    test("holds a peer whose bytes nobody reads", async () => {
      await using place = make();
      const { near, far } = await over(place);
      const stream = toNodeDuplex(near);
      stream.once("readable", () => undefined);
      far.transport.write(new Uint8Array(32 * MIB));
      await turns(200);
      assert.ok(far.transport.ledger.unsent > 16 * MIB, "the peer was not held");
      assert.ok(stream.readableLength <= 2 * MIB, `${stream.readableLength} bytes are held here`);
      void far.close();
      assert.equal(await countAll(stream), 32 * MIB);
    });

    test("is held by a peer that does not read, and calls back what was sent", async () => {
      await using place = make();
      const { near, far } = await over(place);
      far.transport.pauseProducing();
      const stream = toNodeDuplex(near);
      let isSent = false;
      assert.equal(
        stream.write(new Uint8Array(32 * MIB), () => {
          isSent = true;
        }),
        false,
      );
      await turns(200);
      assert.equal(isSent, false);
      assert.equal(stream.writableNeedDrain, true);
      far.transport.resumeProducing();
      stream.end();
      assert.equal(await countAll(far), 32 * MIB);
      assert.equal(isSent, true);
      void far.close();
      stream.resume();
      await finished(stream);
    });
  });
}

describe("the end of a stream of toNodeDuplex", () => {
  test("is an error with code and reason when the peer resets", async () => {
    const { near, far } = inMemory();
    const stream = toNodeDuplex(near);
    await turns();
    far.abort();
    const error = await errorOf(stream);
    assert.equal(error.code, "ERR_WIRE_RESET");
    assert.deepEqual([error.reason?.kind, error.reason?.by], ["lost", "peer"]);
    assert.equal(stream.destroyed, true);
  });

  test("fails the write that was under way with that error", async () => {
    const { near, far } = inMemory();
    far.transport.pauseProducing();
    const stream = toNodeDuplex(near);
    const wrote = new Promise<Error | null | undefined>((resolve) => {
      stream.write(new Uint8Array(MIB), resolve);
    });
    await turns();
    far.abort();
    await errorOf(stream);
    assert.equal((await wrote)?.message.includes("reset"), true);
  });

  test("is an error when a time limit passes, by its own code", async () => {
    const { near } = inMemory();
    near.transport.setLimits({ idleMs: 20 });
    const error = await errorOf(toNodeDuplex(near));
    assert.deepEqual([error.code, error.reason?.kind], ["ERR_WIRE_IDLE", "timeout"]);
  });

  test("by destroy is a cut that the peer can tell, and close comes when it is over", async () => {
    const { near, far } = inMemory();
    const stream = toNodeDuplex(near);
    stream.write("half a message");
    await turns();
    stream.destroy();
    await once(stream, "close");
    assert.equal((await near.closed).kind, "aborted");
    assert.equal((await far.closed).code, "ERR_WIRE_RESET");
  });

  test("by destroy with an error is that error", async () => {
    const { near, far } = inMemory();
    const stream = toNodeDuplex(near);
    const mine = new Error("enough");
    stream.destroy(mine);
    assert.equal(await errorOf(stream), mine);
    assert.equal((await far.closed).code, "ERR_WIRE_RESET");
  });

  test("that came before the stream was there is told all the same", async () => {
    const { near, far } = inMemory();
    await far.send("last words");
    await far.end();
    await turns();
    const stream = toNodeDuplex(near);
    assert.equal(await countAll(reading(stream)), 10);
    stream.end();
    await finished(stream);
  });

  test("that comes while the stream is made is told all the same", async () => {
    const { near, far } = inMemory();
    far.abort();
    await new Promise((resolve) => systemRuntime().turn.later(() => resolve(null)));
    const error = await errorOf(toNodeDuplex(near));
    assert.match(error.code ?? "", /^ERR_WIRE_(RESET|CLOSED)$/);
  });

  test("of a connection that is over already fails the stream by name", async () => {
    const { near, far } = inMemory();
    far.abort();
    await near.closed;
    const stream = toNodeDuplex(near);
    assert.equal((await errorOf(stream)).code, "ERR_WIRE_CLOSED");
    assert.equal(stream.destroyed, true);
    const raw = inMemory();
    raw.near.transport.loseConnection();
    assert.equal((await errorOf(toNodeDuplex(raw.near.transport))).code, "ERR_WIRE_CLOSED");
  });

  test("before it was made: a stream destroyed at once cuts the connection", async () => {
    const { near, far } = inMemory();
    const stream = toNodeDuplex(near).destroy();
    await once(stream, "close");
    assert.equal((await far.closed).code, "ERR_WIRE_RESET");
  });
});

describe("a stream of toNodeDuplex", () => {
  test("is refused to what is no connection", () => {
    for (const wrong of [null, undefined, {}, "tcp://127.0.0.1:1"]) {
      assert.throws(() => toNodeDuplex(wrong as never), TypeError);
    }
  });

  test("never pushes inside its own methods", async () => {
    const { near, far } = inMemory();
    const stream = toNodeDuplex(near);
    const inside: string[] = [];
    const pushes: string[] = [];
    for (const name of ["_write", "_writev", "_final", "_read", "_destroy"] as const) {
      const method = Reflect.get(stream, name) as (...args: unknown[]) => unknown;
      Object.assign(stream, {
        [name](...args: unknown[]) {
          inside.push(name);
          try {
            return method.apply(stream, args);
          } finally {
            inside.pop();
          }
        },
      });
    }
    const push = stream.push.bind(stream);
    let pushed = 0;
    stream.push = (chunk) => {
      pushed += 1;
      pushes.push(...inside);
      return push(chunk);
    };
    const echo = (async () => {
      for await (const chunk of far) await far.send(chunk);
      await far.end();
    })();
    for (let count = 0; count < 50; count++) stream.write(new Uint8Array(30_000));
    stream.end();
    assert.equal(await countAll(stream), 1_500_000);
    await echo;
    assert.ok(pushed > 1);
    assert.deepEqual(pushes, []);
  });

  test("works in a pipeline, both ways", async () => {
    const { near, far } = inMemory();
    const { near: upper, far: echo } = inMemory();
    const through = pipeline(toNodeDuplex(far), toNodeDuplex(upper), { end: true });
    const echoing = (async () => {
      let got = 0;
      for await (const chunk of echo) got += chunk.byteLength;
      return got;
    })();
    await pipeline(Readable.from([new Uint8Array(MIB), bytes("tail")]), toNodeDuplex(near));
    assert.equal(await echoing, MIB + 4);
    await through;
    await echo.close();
  });

  test("fails a pipeline whose connection is lost, and is cut by one that fails", async () => {
    const lost = inMemory();
    const flowing = pipeline(toNodeDuplex(lost.near), new PassThrough().resume());
    await turns();
    lost.far.abort();
    await assert.rejects(flowing, { code: "ERR_WIRE_RESET" });
    const failing = inMemory();
    const source = Readable.from(
      (async function* () {
        yield bytes("x");
        throw new Error("the source broke");
      })(),
    );
    await assert.rejects(pipeline(source, toNodeDuplex(failing.near)), /the source broke/);
    assert.equal((await failing.far.closed).code, "ERR_WIRE_RESET");
  });
});

describe("toNodeDuplex over a poor wire", () => {
  const scene = () => {
    const near = new Connection();
    const { wire } = scripted(near, [], systemRuntime());
    return { wire, stream: toNodeDuplex(near) };
  };

  test("without half-close leaves the way back open until the peer ends", async () => {
    const { wire, stream } = scene();
    await turns();
    stream.end();
    await once(stream, "finish");
    await turns();
    assert.deepEqual(wire.asked.includes("endSending"), false);
    wire.facts.received(bytes("answer"));
    wire.facts.peerEnded();
    assert.equal(await countAll(stream), 6);
    await turns();
    assert.ok(wire.asked.includes("endSending"));
    wire.facts.sendingEnded();
    wire.facts.over();
    await finished(stream);
  });

  test("that takes no more fails a write only when all that came was read", async () => {
    const { wire, stream } = scene();
    const failed = errorOf(stream);
    await turns();
    stream.write("never sent");
    await turns();
    wire.facts.sendingEnded();
    await turns();
    assert.equal(stream.destroyed, false);
    wire.facts.received(bytes("answer"));
    wire.facts.peerEnded();
    const chunks: Uint8Array[] = [];
    stream.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    await turns();
    wire.facts.over();
    assert.equal((await failed).code, "ERR_WIRE_CLOSED");
    assert.equal(chunks.length, 1);
  });
});
