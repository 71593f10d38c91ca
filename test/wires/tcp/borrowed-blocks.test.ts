import assert from "node:assert/strict";
import type { Hash } from "node:crypto";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import type { Bytes, ListeningPort, Protocol, Transport } from "../../../src/contract/index.ts";
import { tcp } from "../../../src/wires/tcp/index.ts";
import { LendingLayer } from "../../flow/lending-layer.ts";
import { patterned, RecordingProtocol } from "../recording-protocol.ts";
import { onlyNative } from "../unix/descriptor-rig.ts";
import { portOf } from "./tcp-rig.ts";

// A block that is read into again is to show by what it then holds.
delete process.env["OVERWALL_POISON"];

const PIECE_BYTES = 24 * 1024;
/** Below it, bytes are copied into a small block. */
const BIG_FROM_BYTES = 4096;
const data = patterned(32 * 1024 * 1024);
const dataHash = createHash("sha256").update(data).digest("hex");

/** Sends the data, a piece whenever the last is gone, so that many take part in each batch. */
class Source implements Protocol {
  #sent = 0;

  connectionMade(transport: Transport): void {
    const resumeProducing = (): void => {
      transport.write(data.subarray(this.#sent, this.#sent + PIECE_BYTES));
      this.#sent += PIECE_BYTES;
      if (this.#sent >= data.length) transport.unregisterProducer();
    };
    transport.registerProducer({ resumeProducing, stopProducing: () => undefined }, false);
    transport.loseConnection();
  }
  dataReceived(): void {}
  connectionLost(): void {}
}

/** Is lent the data, and knows what it was while it was lent. */
class HashingLayer extends LendingLayer {
  readonly hash: Hash;
  readonly done: Promise<void>;
  /** The blocks that it was lent, by who holds them. */
  readonly blocks = new Set<ArrayBufferLike>();
  #done!: () => void;

  constructor(use: (chunk: Bytes, layer: LendingLayer) => boolean = () => true) {
    const hash = createHash("sha256");
    super((chunk, layer) => {
      hash.update(chunk);
      if (chunk.length >= BIG_FROM_BYTES) this.blocks.add(chunk.buffer);
      return use(chunk, layer);
    });
    this.hash = hash;
    this.done = new Promise((resolve) => (this.#done = resolve));
  }

  override connectionLost(): void {
    this.#done();
  }
}

/** One listener, whose connections are told to `protocols` in turn, each sent the data. */
async function sendToEach(protocols: readonly Protocol[]): Promise<ListeningPort> {
  const waiting = [...protocols];
  const endpoint = tcp({ host: "127.0.0.1", port: 0, driver: "native" });
  const port = await endpoint.listen(() => waiting.shift() ?? null);
  const there = tcp({ host: "127.0.0.1", port: portOf(port), driver: "native" });
  await Promise.all(protocols.map(() => there.connect(new Source())));
  return port;
}

describe("the memory of a chunk that a layer has not kept", onlyNative, () => {
  test("is read into again: the whole stream lies in few blocks", async () => {
    const layer = new HashingLayer();
    await using _ = await sendToEach([layer]);
    await layer.done;
    assert.equal(layer.hash.digest("hex"), dataHash);
    assert.ok(layer.blocks.size <= 2, `${layer.blocks.size} blocks for ${data.length} bytes`);
  });

  test("changes under a layer that keeps it all the same", async () => {
    const kept: { readonly chunk: Bytes; readonly copy: Bytes }[] = [];
    const layer = new HashingLayer((chunk) => {
      if (kept.length < 4 && chunk.length >= BIG_FROM_BYTES) {
        kept.push({ chunk, copy: new Uint8Array(chunk) });
      }
      return true;
    });
    await using _ = await sendToEach([layer]);
    await layer.done;
    assert.equal(kept.length, 4);
    for (const { chunk, copy } of kept) assert.notDeepEqual(chunk, copy);
  });
});

describe("what is kept never changes", onlyNative, () => {
  test("by protocols of users, with layers in the same batches", async () => {
    const layers = [new HashingLayer(), new HashingLayer()];
    const keepers = [new RecordingProtocol(), new RecordingProtocol()];
    const [first, second] = keepers;
    await using _ = await sendToEach([first, layers[0], second, layers[1]] as Protocol[]);
    await Promise.all([...layers.map(({ done }) => done), ...keepers.map(({ lost }) => lost)]);
    for (const { hash } of layers) assert.equal(hash.digest("hex"), dataHash);
    for (const { bytes } of keepers) assert.ok(bytes.equals(data));
  });

  test("by a layer that keeps some, pauses and answers true only for the others", async () => {
    const kept: { readonly chunk: Bytes; readonly copy: Bytes }[] = [];
    let turn = 0;
    const some = new HashingLayer((chunk, { transport }) => {
      turn += 1;
      if (turn % 5 === 0) {
        transport.pauseProducing();
        setImmediate(() => transport.resumeProducing());
      }
      if (turn % 3 !== 0) return true;
      kept.push({ chunk, copy: new Uint8Array(chunk) });
      return false;
    });
    const other = new HashingLayer();
    await using _ = await sendToEach([some, other]);
    await Promise.all([some.done, other.done]);
    assert.equal(some.hash.digest("hex"), dataHash);
    assert.ok(kept.length > 10, `${kept.length} chunks were kept`);
    for (const { chunk, copy } of kept) assert.ok(Buffer.compare(chunk, copy) === 0);
  });

  test("by a protocol that sends it back from the block it came in", async () => {
    const layer = new HashingLayer();
    const back = new RecordingProtocol();
    const echo: Protocol & { transport?: Transport } = {
      connectionMade(transport) {
        echo.transport = transport;
      },
      dataReceived: (chunk) => echo.transport?.write(chunk),
      connectionLost: () => {},
    };
    await using _ = await sendToEach([layer]);
    const endpoint = tcp({ host: "127.0.0.1", port: 0, driver: "native" });
    await using echoing = await endpoint.listen(() => echo);
    const there = tcp({ host: "127.0.0.1", port: portOf(echoing), driver: "native" });
    await there.connect(back);
    back.transport.write(data);
    await back.received(data.length);
    assert.ok(back.bytes.equals(data));
    back.transport.loseConnection();
    await Promise.all([back.lost, layer.done]);
    assert.equal(layer.hash.digest("hex"), dataHash);
  });
});
