import assert from "node:assert/strict";
import type { ReadableWritablePair } from "node:stream/web";
import { describe, test } from "node:test";
import { toWebStreams } from "../../src/bridges/web-streams.ts";
import { countAll, inMemory, over, places, turns } from "./bridged.ts";

const MIB = 1024 * 1024;

/** So many bytes, made when they are asked for. */
function source(blocks: number, pulled: () => void = () => undefined): ReadableStream<Uint8Array> {
  const block = new Uint8Array(64 * 1024).map((_, at) => at % 251);
  let left = blocks;
  return new ReadableStream({
    pull(controller) {
      pulled();
      if (left-- > 0) controller.enqueue(block);
      else controller.close();
    },
  });
}

for (const { name, make } of places) {
  describe(`the streams of toWebStreams, over ${name}`, () => {
    test("go through a compressor and back, and have the answer after their end", async () => {
      await using place = make();
      const { near, far } = await over(place);
      const [there, back] = [toWebStreams(near), toWebStreams(far)];
      const sending = source(32).pipeThrough(gzip()).pipeTo(there.writable);
      assert.equal(await countAll(back.readable.pipeThrough(gunzip())), 2 * MIB);
      await sending;
      await turns();
      const answering = source(16).pipeThrough(gzip()).pipeTo(back.writable);
      assert.equal(await countAll(there.readable.pipeThrough(gunzip())), MIB);
      await answering;
      assert.deepEqual([(await near.closed).kind, (await far.closed).kind], ["done", "done"]);
    });

    test("pull no more from a source than their peer takes", async () => {
      await using place = make();
      const { near, far } = await over(place);
      far.transport.pauseProducing();
      let pulls = 0;
      const sending = source(1024, () => {
        pulls += 1;
      }).pipeTo(toWebStreams(near).writable);
      await turns(300);
      const held = pulls;
      await turns(300);
      assert.equal(pulls, held, "the source was not held");
      assert.ok(held < 512, `${held} of 1024 blocks were pulled`);
      far.transport.resumeProducing();
      assert.equal(await countAll(far), 64 * MIB);
      await sending;
      await far.close();
    });
  });
}

describe("the streams of toWebStreams, when somebody gives up", () => {
  test("are cut by the signal of a pipe, and the other side can tell", async () => {
    const { near, far } = inMemory();
    const stop = new AbortController();
    const { readable, writable } = toWebStreams(near);
    const { signal } = stop;
    const sending = new ReadableStream().pipeTo(writable, { signal });
    await turns();
    stop.abort();
    await assert.rejects(sending, { name: "AbortError" });
    assert.equal((await near.closed).kind, "aborted");
    assert.equal((await far.closed).code, "ERR_WIRE_RESET");
    await assert.rejects(readable.getReader().read(), { code: "ERR_WIRE_CLOSED" });
  });

  test("are cut when the source of a pipe fails, and keep its error from nobody", async () => {
    const { near, far } = inMemory();
    const broken = new Error("the source broke");
    const failing = new ReadableStream({ pull: () => Promise.reject(broken) });
    const sending = failing.pipeTo(toWebStreams(near).writable);
    await assert.rejects(sending, broken);
    assert.equal((await far.closed).code, "ERR_WIRE_RESET");
  });

  test("as the body of a response are read, and cancelled, as any other", async () => {
    const { near, far } = inMemory();
    const { readable, writable } = toWebStreams(near);
    await far.send("an answer");
    const response = new Response(readable);
    const reader = response.body?.getReader();
    assert.equal(new TextDecoder().decode((await reader?.read())?.value), "an answer");
    await reader?.cancel("enough");
    await far.send(new Uint8Array(MIB));
    const writer = writable.getWriter();
    await writer.write(new TextEncoder().encode("thanks"));
    void writer.close();
    assert.equal(await countAll(far), 6);
    assert.equal((await far.close()).kind, "done");
  });

  test("are no byte streams, and say so", () => {
    const { near } = inMemory();
    const { readable, writable } = toWebStreams(near);
    assert.throws(() => readable.getReader({ mode: "byob" }), TypeError);
    void writable.abort();
  });
});

// Typed for buffers of any kind, as the streams of this library are.
const gzip = (): ReadableWritablePair<Uint8Array, Uint8Array> => new CompressionStream("gzip");
const gunzip = (): ReadableWritablePair<Uint8Array, Uint8Array> => new DecompressionStream("gzip");
