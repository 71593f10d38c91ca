import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { addAbortSignal, PassThrough, Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, test } from "node:test";
import { createGunzip, createGzip } from "node:zlib";
import { toNodeDuplex } from "../../src/bridges/node-streams.ts";
import { countAll, inMemory, over, places, turns } from "./bridged.ts";

const MIB = 1024 * 1024;

/** Takes in everything, and counts it. */
function counting(): Writable & { byteCount: number } {
  const sink = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      counted.byteCount += chunk.byteLength;
      done();
    },
  });
  const counted = Object.assign(sink, { byteCount: 0 });
  return counted;
}

for (const { name, make } of places) {
  describe(`a pipeline with toNodeDuplex in it, over ${name}`, () => {
    test("goes through the connection, and has the answer that comes after its end", async () => {
      await using place = make();
      const { near, far } = await over(place);
      const sink = counting();
      const through = pipeline(Readable.from([new Uint8Array(MIB)]), toNodeDuplex(near), sink);
      assert.equal(await countAll(far), MIB);
      await turns(100);
      assert.equal(sink.byteCount, 0);
      await far.send(new Uint8Array(3 * MIB));
      void far.close();
      await through;
      assert.equal(sink.byteCount, 3 * MIB);
      assert.deepEqual([(await near.closed).kind, (await far.closed).kind], ["done", "done"]);
    });

    test("carries through two connections and what changes the bytes, whole", async () => {
      await using place = make();
      const first = await over(place);
      const second = await over(place);
      const [there, back] = [createHash("md5"), createHash("md5")];
      const block = new Uint8Array(100_000).map((_, at) => at % 251);
      const source = Readable.from(
        (function* () {
          for (let n = 0; n < 50; n++) {
            there.update(block);
            yield block;
          }
        })(),
      );
      const [near, far] = [toNodeDuplex(first.near), toNodeDuplex(first.far)];
      const [next, last] = [toNodeDuplex(second.near), toNodeDuplex(second.far)];
      const digesting = new Writable({
        write(chunk: Uint8Array, _encoding, done) {
          back.update(chunk);
          done();
        },
      });
      await Promise.all([
        pipeline(source, createGzip(), near),
        pipeline(far, createGunzip(), next),
        pipeline(last, digesting),
      ]);
      assert.equal(back.digest("hex"), there.digest("hex"));
      for (const stream of [near, far, next, last]) stream.resume().end();
      for (const { near: end } of [first, second]) assert.equal((await end.closed).kind, "done");
    });
  });
}

describe("a stream of toNodeDuplex, when somebody gives up", () => {
  test("is cut by the signal of a pipeline, and the other side can tell", async () => {
    const { near, far } = inMemory();
    const stop = new AbortController();
    const through = pipeline(new PassThrough(), toNodeDuplex(near), counting(), {
      signal: stop.signal,
    });
    await turns();
    stop.abort();
    await assert.rejects(through, { name: "AbortError" });
    assert.equal((await near.closed).kind, "aborted");
    assert.equal((await far.closed).code, "ERR_WIRE_RESET");
  });

  test("is cut by a signal of its own", async () => {
    const { near, far } = inMemory();
    const stop = new AbortController();
    const stream = addAbortSignal(stop.signal, toNodeDuplex(near));
    await turns();
    stop.abort();
    assert.equal((await once(stream, "error"))[0].name, "AbortError");
    assert.equal((await far.closed).code, "ERR_WIRE_RESET");
  });

  test("is cut by a reader that breaks off, unless told otherwise", async () => {
    const { near, far } = inMemory();
    await far.send("one");
    for await (const _ of toNodeDuplex(near)) break;
    assert.equal((await far.closed).code, "ERR_WIRE_RESET");
    const kept = inMemory();
    const stream = toNodeDuplex(kept.near);
    await kept.far.send("two");
    for await (const _ of stream.iterator({ destroyOnReturn: false })) break;
    stream.resume().end("three");
    assert.equal(await countAll(kept.far), 5);
    assert.equal((await kept.far.close()).kind, "done");
  });

  test("with half-close turned off ends with its peer, behind what it has to say", async () => {
    const { near, far } = inMemory();
    const stream = toNodeDuplex(near);
    stream.allowHalfOpen = false;
    stream.write(new Uint8Array(MIB));
    stream.resume();
    void far.end();
    assert.equal(await countAll(far), MIB);
    await once(stream, "close");
    assert.equal((await near.closed).kind, "done");
  });
});
