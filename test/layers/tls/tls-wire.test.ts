import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Bytes, CloseCause, CloseReason, Transport } from "../../../src/contract/index.ts";
import { DEFAULT_LIMITS } from "../../../src/contract/index.ts";
import type { Facts, FlowCalls } from "../../../src/flow/index.ts";
import { clientHandshake } from "../../../src/layers/tls/handshake.ts";
import type { TlsTransport } from "../../../src/layers/tls/index.ts";
import { startTls } from "../../../src/layers/tls/index.ts";
import { TlsWire } from "../../../src/layers/tls/tls-wire.ts";
import { loopback, VirtualRuntime } from "../../../src/memory/index.ts";
import type { Settle } from "../../../src/testing/index.ts";
import { settleWithEngine } from "../../conformance/tls-pairs.ts";
import { HalfCloseAware } from "../../wires/recording-protocol.ts";
import { authority, forLocalhost, text } from "./authority.ts";

/** A wire whose verbs the test calls itself, and a peer that speaks TLS. */
interface Bare {
  readonly wire: TlsWire;
  readonly facts: string[];
  readonly peer: HalfCloseAware<TlsTransport>;
  readonly runtime: VirtualRuntime;
  readonly settle: Settle;
}

async function bare(): Promise<Bare> {
  const runtime = new VirtualRuntime();
  const settle = settleWithEngine(runtime);
  const facts: string[] = [];
  const note = (fact: string) => (): void => void facts.push(fact);
  const told: Facts = {
    opened: note("opened"),
    received: note("received"),
    sent: (byteCount) => void facts.push(`sent ${byteCount}`),
    peerEnded: note("peerEnded"),
    sendingEnded: note("sendingEnded"),
    over: (cause?: CloseCause) => void facts.push(`over ${cause?.kind ?? "in order"}`),
  };
  const upper = { limits: DEFAULT_LIMITS, runtime, isLosing: false } as unknown as FlowCalls;
  let wire!: TlsWire;
  const layer = {
    connectionMade: (lower: Transport) => {
      wire = new TlsWire(lower, told, () => upper);
    },
    dataReceived: (data: Bytes) => wire.lowerReceived(data),
    readConnectionLost: () => wire.lowerReadEnded(),
    writeConnectionLost: () => wire.lowerSendingEnded(),
    connectionLost: (reason: CloseReason) => wire.lowerLost(reason),
  };
  const silent = { connectionMade() {}, dataReceived() {}, connectionLost() {} };
  const { right } = loopback(layer, silent, { runtime });
  const peer = new HalfCloseAware<TlsTransport>();
  void startTls(right, { role: "server", ...forLocalhost }, peer);
  wire.begin(clientHandshake({ ca: authority.cert }, "localhost"));
  wire.resumeReading();
  await settle(() => facts.includes("opened") && peer.calls.includes("made"));
  return { wire, facts, peer, runtime, settle };
}

describe("close() of TLS as a wire", () => {
  test("before our end was asked for: the end mark still goes, behind what is on its way", async () => {
    const { wire, facts, peer, settle } = await bare();
    peer.transport.pauseProducing();
    wire.send([new Uint8Array(300_000)]);
    wire.close();
    await settle(() => true);
    assert.equal(facts.includes("over done"), false);
    peer.transport.resumeProducing();
    await settle(() => peer.calls.includes("readLost"));
    assert.equal(peer.byteCount, 300_000);
    await settle(() => facts.some((fact) => fact.startsWith("over")));
  });

  test("a peer that takes nothing does not hold it for ever", async () => {
    const { wire, facts, peer, settle, runtime } = await bare();
    peer.transport.pauseProducing();
    wire.send([new Uint8Array(3_000_000)]);
    wire.close();
    const startMs = runtime.clock.now();
    await settle(() => facts.some((fact) => fact.startsWith("over")));
    // Its own two seconds, then what the transport beneath allows a close that stalls.
    assert.ok(runtime.clock.now() - startMs < 100_000, `${runtime.clock.now() - startMs} ms`);
  });

  test("bytes that have not left are not passed off as the whole", async () => {
    const { wire, peer, settle } = await bare();
    wire.pauseProducing();
    wire.send([text("never sent")]);
    wire.close();
    await settle(() => peer.calls.includes("lost"));
    const reason = await peer.lost;
    assert.deepEqual([reason.kind, reason.code], ["lost", "ERR_WIRE_TRUNCATED"]);
  });

  test("with our end asked for already it lets go at once", async () => {
    const { wire, facts, settle, runtime } = await bare();
    wire.endSending();
    await settle(() => facts.includes("sendingEnded"));
    const startMs = runtime.clock.now();
    wire.close();
    await settle(() => facts.some((fact) => fact.startsWith("over")));
    assert.ok(runtime.clock.now() - startMs < 1000, `${runtime.clock.now() - startMs} ms`);
    assert.equal(runtime.scheduled, 0);
  });

  test("its timer goes with the transport beneath", async () => {
    const { wire, facts, peer, settle, runtime } = await bare();
    peer.transport.pauseProducing();
    wire.send([new Uint8Array(3_000_000)]);
    wire.close();
    peer.transport.abortConnection();
    await settle(() => facts.some((fact) => fact.startsWith("over")));
    assert.equal(runtime.scheduled, 0);
  });
});
