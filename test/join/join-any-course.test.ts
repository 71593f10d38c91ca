import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CloseReason } from "../../src/contract/index.ts";
import { isAbortable, isHalfCloseable } from "../../src/contract/index.ts";
import type { JoinReport } from "../../src/join/index.ts";
import { join } from "../../src/join/index.ts";
import { VirtualRuntime } from "../../src/memory/index.ts";
import { loopback } from "./joinable-loopback.ts";
import { Recorder } from "./recorder.ts";

/** What one of the two peers does next, or how long nothing is done. */
type Step =
  | { readonly who: "client" | "server"; readonly does: "write"; readonly size: number }
  | { readonly who: "client" | "server"; readonly does: "end" | "abort" | "pause" | "resume" }
  | { readonly who: "nobody"; readonly does: "wait"; readonly durationMs: number };

const who = fc.constantFrom("client" as const, "server" as const);
const write = fc.record({ who, does: fc.constant("write" as const), size: fc.nat(200_000) });
const turn = fc.record({ who, does: fc.constantFrom("pause" as const, "resume" as const) });
const end = fc.record({ who, does: fc.constant("end" as const) });
const abort = fc.record({ who, does: fc.constant("abort" as const) });
const wait = fc.record({
  who: fc.constant("nobody" as const),
  does: fc.constant("wait" as const),
  durationMs: fc.nat(40_000),
});

/** One peer: its writes are counted, so that every byte received can be told from its place. */
class Peer extends Recorder {
  written = 0;
  isAborted = false;
  hasLeft = false;

  send(size: number): void {
    if (this.hasLeft) return;
    const start = this.written;
    this.written += size;
    this.transport.write(Uint8Array.from({ length: size }, (_, index) => (start + index) % 251));
  }

  finish(): void {
    this.hasLeft = true;
    if (isHalfCloseable(this.transport)) this.transport.loseWriteConnection();
  }

  cut(): void {
    this.hasLeft = true;
    this.isAborted = true;
    if (isAbortable(this.transport)) this.transport.abortConnection();
  }

  /** The offset of the first byte that is not the one that was sent there, or -1. */
  get firstWrong(): number {
    return Buffer.concat(this.chunks).findIndex((byte, index) => byte !== index % 251);
  }
}

async function play(steps: readonly Step[]): Promise<{
  readonly client: Peer;
  readonly server: Peer;
  readonly report: JoinReport;
}> {
  const runtime = new VirtualRuntime();
  const peers = { client: new Peer(), server: new Peer() };
  const near = loopback(peers.client, new Recorder(), { runtime }).right;
  const far = loopback(new Recorder(), peers.server, { runtime }).left;
  let report: JoinReport | undefined;
  void join(near, far, { runtime }).then((made) => {
    report = made;
  });
  for (const step of steps) {
    if (step.who === "nobody") await runtime.runFor(step.durationMs);
    else take(peers[step.who], step);
  }
  for (const peer of [peers.client, peers.server]) {
    peer.transport.resumeProducing();
    if (!peer.hasLeft) peer.finish();
  }
  await runtime.run(() => report !== undefined);
  await runtime.run(() => peers.client.isLost && peers.server.isLost);
  return { ...peers, report: report ?? assert.fail("no report") };
}

function take(peer: Peer, step: Exclude<Step, { who: "nobody" }>): void {
  if (step.does === "write") peer.send(step.size);
  else if (step.does === "end") peer.finish();
  else if (step.does === "abort") peer.cut();
  else if (step.does === "pause") peer.transport.pauseProducing();
  else peer.transport.resumeProducing();
}

function assertBalanced({ ledger }: CloseReason): void {
  assert.equal(ledger.accepted, ledger.sent + ledger.unsent + ledger.dropped);
  assert.equal(ledger.received, ledger.delivered + ledger.undelivered);
}

function assertPrefixes(client: Peer, server: Peer): void {
  assert.equal(client.firstWrong, -1);
  assert.equal(server.firstWrong, -1);
  assert.ok(client.receivedBytes <= server.written);
  assert.ok(server.receivedBytes <= client.written);
}

test("short of an abort every byte arrives, whatever two peers do", async () => {
  const steps = fc.array(fc.oneof(write, turn, end, { arbitrary: wait, weight: 2 }), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(steps, async (course) => {
      const { client, server, report } = await play(course.filter(({ does }) => does !== "wait"));
      assertPrefixes(client, server);
      assert.equal(server.receivedBytes, client.written);
      assert.equal(client.receivedBytes, server.written);
      assert.deepEqual([report.left.kind, report.right.kind], ["done", "done"]);
      assert.deepEqual(report.bytes, { leftToRight: client.written, rightToLeft: server.written });
      for (const reason of [report.left, report.right]) assertBalanced(reason);
    }),
    { numRuns: 60 },
  );
});

test("with aborts and time, a torn stream never looks whole", async () => {
  const steps = fc.array(fc.oneof(write, turn, end, abort, wait), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(steps, async (course) => {
      const { client, server, report } = await play(course);
      assertPrefixes(client, server);
      for (const reason of [report.left, report.right]) assertBalanced(reason);
      for (const [from, to] of [[client, server] as const, [server, client] as const]) {
        if (to.isAborted || to.receivedBytes === from.written) continue;
        assert.notEqual(to.reason?.kind, "done", "bytes are missing, and it looks like an end");
      }
    }),
    { numRuns: 120 },
  );
});
