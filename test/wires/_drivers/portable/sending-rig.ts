import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import type { Bytes } from "../../../../src/contract/index.ts";
import type { Facts } from "../../../../src/flow/index.ts";
import { NodeSocketWire } from "../../../../src/wires/_drivers/portable/node-socket-wire.ts";
import { socketPair } from "./socket-rig.ts";

/** Counts what is told to be sent. */
class CountedSends implements Facts {
  sentByteCount = 0;
  readonly #waiting: (() => void)[] = [];

  sent(byteCount: number): void {
    this.sentByteCount += byteCount;
    for (const go of this.#waiting.splice(0)) go();
  }

  async reach(byteCount: number): Promise<void> {
    while (this.sentByteCount < byteCount) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  received(): void {}
  opened(): void {}
  peerEnded(): void {}
  sendingEnded(): void {}
  over(): void {}
}

/** One and several, small and above what is copied together, as flow gives them. */
const LISTS: readonly (readonly number[])[] = [[5], [1, 70, 3000], [20_000, 300_000], [64], [9, 9]];

/**
 * Sends several lists over a wire on a socket that was spoiled, each when the one before has been
 * sent, and holds that the peer gets every byte once and in order.
 *
 * @returns how many chunks went by the stream's own `write`.
 */
export async function sendOver(spoil: (socket: Socket) => void): Promise<number> {
  using pair = await socketPair();
  const { near, far } = pair;
  let streamed = 0;
  const write = near.write.bind(near) as (...args: readonly unknown[]) => boolean;
  near.write = (...args: readonly unknown[]) => {
    streamed += 1;
    return write(...args);
  };
  spoil(near);
  const facts = new CountedSends();
  const end = { kind: "tcp", host: "127.0.0.1", port: 1, family: 4 } as const;
  const wire = new NodeSocketWire(near, facts, { host: end, peer: end }, true);
  wire.open();
  const got: Bytes[] = [];
  far.on("data", (chunk: Bytes) => got.push(chunk));
  const all: Bytes[] = [];
  let total = 0;
  for (const list of LISTS) {
    const chunks = list.map((size, at) => new Uint8Array(size).fill(total + at + 1));
    all.push(...chunks);
    for (const { length } of chunks) total += length;
    wire.send(chunks);
    await facts.reach(total);
  }
  wire.endSending();
  await once(far, "end");
  assert.equal(facts.sentByteCount, total);
  assert.ok(Buffer.concat(got).equals(Buffer.concat(all)), "the peer has other bytes");
  return streamed;
}
