import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Bytes } from "../../../../src/contract/index.ts";
import type { Facts } from "../../../../src/flow/index.ts";
import { NodeSocketWire } from "../../../../src/wires/_drivers/portable/node-socket-wire.ts";
import {
  isReadInPlace,
  readInPlace,
} from "../../../../src/wires/_drivers/portable/read-in-place.ts";
import { socketPair } from "./socket-rig.ts";

const isNode = !("bun" in process.versions || "deno" in process.versions);
const onNode = { skip: !isNode && "only Node is known to keep onread so" };

/** Keeps every chunk as it was given, and looks at them at the end. */
class KeptChunks implements Facts {
  readonly chunks: Bytes[] = [];
  readonly ended: Promise<void>;
  peerEnded: () => void = () => undefined;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.peerEnded = resolve;
    });
  }

  received(chunk: Bytes): void {
    this.chunks.push(chunk);
  }

  opened(): void {}
  sent(): void {}
  sendingEnded(): void {}
  over(): void {}

  get digest(): string {
    return digestOf(this.chunks);
  }
}

function digestOf(chunks: readonly Bytes[]): string {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}

function wireOn(near: Socket): { readonly facts: KeptChunks; readonly wire: NodeSocketWire } {
  const facts = new KeptChunks();
  const end = { kind: "tcp", host: "127.0.0.1", port: 1, family: 4 } as const;
  const wire = new NodeSocketWire(near, facts, { host: end, peer: end }, true);
  wire.open();
  return { facts, wire };
}

/** Sizes on both sides of every bound of how reads are kept. */
function* sizes(seed: number): Generator<number> {
  for (let at = 0; at < 60; at++)
    yield [1, 64, 65, 4096, 20_000, 300_000][(at + seed) % 6] as number;
}

async function feed(far: Socket, seed: number): Promise<string> {
  const sent: Bytes[] = [];
  for (const size of sizes(seed)) {
    const chunk = Buffer.alloc(size, (sent.length * 7 + seed) & 255);
    sent.push(chunk);
    if (!far.write(chunk)) await once(far, "drain");
  }
  far.end();
  return digestOf(sent);
}

/** Both connections at once, read with pauses, each chunk kept to the end. */
async function readsTwo(spoil: (socket: Socket) => void): Promise<void> {
  using first = await socketPair();
  using second = await socketPair();
  const read = [first, second].map(async ({ near, far }, seed) => {
    spoil(near);
    const { facts, wire } = wireOn(near);
    wire.resumeReading();
    const pausing = setInterval(() => {
      wire.pauseReading();
      wire.resumeReading();
    }, 1);
    const sent = await feed(far, seed);
    await facts.ended;
    clearInterval(pausing);
    assert.equal(facts.digest, sent);
    assert.equal(facts.chunks.includes(EMPTY), false);
  });
  await Promise.all(read);
}

const NOBODY = { read: () => true, readEnd: () => undefined };

const EMPTY = new Uint8Array(0);

/** The handle of a socket. */
function handleOf(socket: Socket): { useUserBuffer?: unknown } {
  return (socket as unknown as { readonly _handle: { useUserBuffer?: unknown } })._handle;
}

describe("reading in place", () => {
  it("falls back to data where the handle does not know of it, and no byte is lost", async () => {
    await readsTwo((near) => {
      handleOf(near).useUserBuffer = undefined;
    });
    assert.equal(isReadInPlace(), false);
  });

  it("gives every byte of two sockets that read into one room, for ever", onNode, async () => {
    await readsTwo(() => undefined);
    assert.equal(isReadInPlace(), true);
  });

  it("tells the end behind a pause, though the stream neither flows nor ends", onNode, async () => {
    using pair = await socketPair();
    const { facts, wire } = wireOn(pair.near);
    let hasEnded = false;
    const { peerEnded } = facts;
    facts.peerEnded = () => {
      hasEnded = true;
      peerEnded();
    };
    wire.resumeReading();
    wire.pauseReading();
    pair.far.end("last");
    await once(pair.far, "finish");
    assert.equal(hasEnded || facts.chunks.length > 0, false);
    wire.resumeReading();
    await facts.ended;
    wire.pauseReading();
    wire.resumeReading();
    assert.equal(facts.digest, digestOf([Buffer.from("last")]));
    assert.equal(pair.near.readableFlowing, false);
    assert.equal(pair.near.readableEnded, false);
  });

  it("holds back a peer that floods, when paused in the call that resumed", onNode, async () => {
    using pair = await socketPair();
    const { facts, wire } = wireOn(pair.near);
    wire.resumeReading();
    wire.pauseReading();
    for (let mebibytes = 0; mebibytes < 16; mebibytes++) pair.far.write(Buffer.alloc(1 << 20));
    // A peer that is not held back has sent all of it by then.
    for (let turns = 0; turns < 200 && pair.far.writableLength > 0; turns++) await turn();
    const read = facts.chunks.reduce((sum, { length }) => sum + length, 0);
    assert.ok(read <= 2 * 64 * 1024, `${read} bytes were read while paused`);
  });

  it("leaves a socket alone that has read already", onNode, async () => {
    using pair = await socketPair();
    pair.near.on("readable", () => undefined);
    pair.far.write("early");
    await once(pair.near, "readable");
    assert.equal(readInPlace(pair.near, NOBODY), false);
    assert.equal(String(pair.near.read()), "early");
  });

  it("is given up for good where the handle refuses, and no byte is lost", async () => {
    await readsTwo((near) => {
      handleOf(near).useUserBuffer = () => {
        throw new Error("not here");
      };
    });
    using pair = await socketPair();
    assert.equal(readInPlace(pair.near, NOBODY), false);
  });
});
