import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Bytes } from "../../src/contract/index.ts";
import { LimitError, PeerProtocolError } from "../../src/contract/index.ts";
import { frames, lineCodec, lines, netstringCodec } from "../../src/framing/index.ts";
import { bytes, concat, singly, text } from "./splits.ts";

/** A source that takes bytes back, as a connection does, and counts how often it is asked. */
class Source implements AsyncIterable<Bytes> {
  asked = 0;
  readonly #chunks: Bytes[];

  constructor(chunks: readonly Bytes[]) {
    this.#chunks = [...chunks];
  }

  unread(data: Bytes): void {
    this.#chunks.unshift(data);
  }

  get rest(): string {
    return text(concat(this.#chunks));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Bytes, void, void> {
    for (;;) {
      this.asked++;
      const chunk = this.#chunks.shift();
      if (chunk === undefined) return;
      yield chunk;
    }
  }
}

async function collect<V>(source: AsyncIterable<V>): Promise<V[]> {
  const all: V[] = [];
  for await (const value of source) all.push(value);
  return all;
}

describe("lines()", () => {
  const sent = bytes("grüße\r\n\n€uro\nlast €");

  test("gives text however the bytes are split, the last line unterminated", async () => {
    for (const chunks of [[sent], singly(sent)]) {
      assert.deepEqual(await collect(lines(new Source(chunks))), ["grüße", "", "€uro", "last €"]);
    }
  });

  test("replaces what is no UTF-8, not the next line, and keeps a byte order mark", async () => {
    const broken = concat([bytes("\ufeffa"), Uint8Array.of(0xe2, 0x82), bytes("\nb\n")]);
    assert.deepEqual(await collect(lines(new Source([broken]))), ["\ufeffa\ufffd", "b"]);
  });

  test("ends with nothing more after a terminated line", async () => {
    assert.deepEqual(await collect(lines(new Source([bytes("a\n")]))), ["a"]);
    assert.deepEqual(await collect(lines(new Source([]))), []);
  });

  test("ends an endless line with the limit, told in bytes", async () => {
    const source = new Source(singly(bytes("€€€€")));
    await assert.rejects(
      collect(lines(source, { lengthMax: 5 })),
      (error) => error instanceof LimitError && error.limit === 5 && error.value === 6,
    );
    assert.equal(source.asked, 6);
  });

  test("left early, gives back every byte behind the last line", async () => {
    for (const chunks of [[bytes("head\n\nbo"), bytes("dy")], singly(bytes("head\n\nbody"))]) {
      const source = new Source(chunks);
      for await (const line of lines(source)) if (line === "") break;
      assert.equal(source.rest, "body");
    }
  });

  test("asks the source for no more than it hands out", async () => {
    const source = new Source([bytes("a\nb\n"), bytes("c\n")]);
    const reading = lines(source);
    await reading.next();
    await reading.next();
    assert.equal(source.asked, 1);
    await reading.return();
  });
});

describe("frames()", () => {
  test("gives the frames of any codec", async () => {
    const sent = bytes("3:one,0:,3:two,");
    for (const chunks of [[sent], singly(sent)]) {
      const all = await collect(frames(new Source(chunks), netstringCodec()));
      assert.deepEqual(all.map(text), ["one", "", "two"]);
    }
  });

  test("says that the input ended in the middle of a frame, after the whole ones", async () => {
    const seen: string[] = [];
    await assert.rejects(
      async () => {
        for await (const frame of frames(new Source([bytes("3:one,5:tw")]), netstringCodec())) {
          seen.push(text(frame));
        }
      },
      (error) =>
        error instanceof PeerProtocolError && /ended in the middle of a frame/.test(error.message),
    );
    assert.deepEqual(seen, ["one"]);
  });

  test("left early or failed, gives back every byte that was not handed out", async () => {
    const source = new Source([bytes("a\nbb\nc"), bytes("c\n")]);
    for await (const frame of frames(source, lineCodec())) {
      assert.equal(text(frame), "a");
      break;
    }
    assert.equal(source.rest, "bb\ncc\n");
    await assert.rejects(collect(frames(source, netstringCodec())), PeerProtocolError);
    assert.equal(source.rest, "bb\ncc\n");
  });

  test("passes on what the source throws", async () => {
    async function* failing(): AsyncGenerator<Bytes, void, void> {
      yield bytes("a\nb");
      throw new Error("lost");
    }
    const seen: string[] = [];
    await assert.rejects(async () => {
      for await (const frame of frames(failing(), lineCodec())) seen.push(text(frame));
    }, /lost/);
    assert.deepEqual(seen, ["a"]);
  });
});
