import assert from "node:assert/strict";
import { closeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { CloseReason, Endpoint, UnixTransport } from "../../src/contract/index.ts";
import { unix } from "../../src/wires/unix/index.ts";
import type { ProofReport } from "../../tools/proof.ts";
import { PEERS, passAround } from "../interop/descriptor-peers.ts";
import { openKinds } from "../interop/open-kinds.ts";
import { Program, runToEnd } from "../interop/program.ts";
import { Scratch } from "../interop/scratch.ts";
import { openCount, turns } from "../wires/unix/descriptor-rig.ts";

export const title =
  "Descriptors pass between processes without one being lost or kept, and a hostile sender costs nothing";

export const needs: readonly string[] = ["gcc", "python3"];

export async function prove(report: ProofReport): Promise<void> {
  const count = report.full ? 10_000 : 200;
  await using open = await openKinds();
  report.fact("passed", "a file, both ends of a pipe, three TCP sockets, by turns");
  for (const peer of PEERS) {
    await passAround(peer, open.fds, count, 1);
    report.count(`passed to ${peer} and back, one by one`, count);
    if (peer === "ours") continue;
    await passAround(peer, open.fds, count, 50);
    report.count(`passed to ${peer} and back, 50 in a message`, count);
  }
  await outliveFloods(report);
  await outliveCutControl(report);
}

/** Sends MESSAGES of 253 descriptors with a byte each, until it is stopped. */
const FLOOD = `
import os, socket, sys
peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
peer.connect(sys.argv[1])
fds = [0] * 253
sent = 0
try:
    while sent < int(sys.argv[2]):
        socket.send_fds(peer, [b"x"], fds)
        sent += 1
except OSError:
    pass
print(sent)
`;

/**
 * Nobody takes them; somebody takes one and pauses for good: neither grows, and others are served.
 */
async function outliveFloods(report: ProofReport): Promise<void> {
  const messages = report.full ? 5000 : 300;
  for (const way of ["unclaimed", "paused"] as const) {
    using scratch = new Scratch();
    const endpoint = unix({ path: scratch.path("s"), driver: "native" });
    const before = openCount();
    const server = new Flooded(way === "paused");
    let connections = 0;
    const port = await endpoint.listen(() => (connections++ === 0 ? server : new Answerer()));
    await using program = new Program("python3", ["-c", FLOOD, scratch.path("s"), `${messages}`]);
    let most = 0;
    let mostBytes = 0;
    const bytesBefore = process.memoryUsage.rss();
    let isOver = false;
    const over = way === "unclaimed" ? server.lost : server.paused.then(() => turns(200));
    void over.then(() => {
      isOver = true;
    });
    while (!isOver) {
      await turns(5);
      most = Math.max(most, openCount() - before);
      mostBytes = Math.max(mostBytes, process.memoryUsage.rss() - bytesBefore);
    }
    report.fact(`${way}: most descriptors open at a time`, most);
    report.fact(`${way}: most memory more, MiB`, Math.round(mostBytes / 2 ** 20));
    assert.ok(most <= BOUND, `${way}: ${most} descriptors`);
    assert.ok(mostBytes <= BYTES_BOUND, `${way}: ${mostBytes} bytes`);
    await proveServed(endpoint);
    if (way === "paused") server.transport.abortConnection();
    await server.lost;
    await program.outcome;
    await port.stopListening();
    await turns();
    assert.ok(openCount() <= before, `${way}: ${openCount() - before} descriptors were kept`);
    if (way === "unclaimed") report.count("descriptors of the flood", server.byteCount * 253);
  }
}

/**
 * A listener, the flood's pipes and the connections; then one message that was read, and the mark.
 */
const BOUND = 16 + 253 + 64;
/** What the heap grows by while it is young; a flood kept would be more. */
const BYTES_BOUND = 48 * 2 ** 20;

class Flooded {
  transport!: UnixTransport;
  readonly lost: Promise<CloseReason>;
  readonly paused: Promise<void>;
  byteCount = 0;
  /** Absent where nobody takes them. */
  readonly fileDescriptorReceived?: (fd: number) => void;
  #lost!: (reason: CloseReason) => void;

  constructor(pauses: boolean) {
    this.lost = new Promise((resolve) => {
      this.#lost = resolve;
    });
    let tell!: () => void;
    this.paused = new Promise((resolve) => {
      tell = resolve;
    });
    if (!pauses) return;
    this.fileDescriptorReceived = (fd) => {
      closeSync(fd);
      this.transport.pauseProducing();
      tell();
    };
  }

  connectionMade(transport: UnixTransport): void {
    this.transport = transport;
  }

  dataReceived(data: Uint8Array): void {
    this.byteCount += data.byteLength;
  }

  connectionLost(reason: CloseReason): void {
    this.#lost(reason);
  }
}

async function proveServed(endpoint: Endpoint<UnixTransport>): Promise<void> {
  let lost!: (reason: CloseReason) => void;
  const over = new Promise<CloseReason>((resolve) => {
    lost = resolve;
  });
  let answer = "";
  await endpoint.connect({
    connectionMade: (transport: UnixTransport) => transport.write(Buffer.from("?")),
    dataReceived: (data) => {
      answer += Buffer.from(data).toString();
    },
    connectionLost: lost,
  });
  assert.equal((await over).kind, "done");
  assert.equal(answer, "served");
}

/** Answers what it is asked, and closes. */
class Answerer {
  #transport!: UnixTransport;

  connectionMade(transport: UnixTransport): void {
    this.#transport = transport;
  }

  dataReceived(): void {
    this.#transport.write(Buffer.from("served"));
    this.#transport.loseConnection();
  }

  connectionLost(): void {}
}

/**
 * A server with few numbers left is sent more than fit: the system cuts the control message. That
 * connection ends by name, nothing of it is kept, and the next one is served.
 */
async function outliveCutControl(report: ProofReport): Promise<void> {
  using scratch = new Scratch();
  const script = fileURLToPath(new URL("peers/few-descriptors.js", import.meta.url));
  const command = `ulimit -n 100; exec "${process.execPath}" "${script}" "${scratch.path("s")}"`;
  await using server = new Program("sh", ["-c", command], { input: "open" });
  await server.until(({ stdout }) => stdout.includes("listening") || undefined);
  const rounds = report.full ? 100 : 5;
  for (let round = 0; round < rounds; round++) {
    const { status, stderr } = await runToEnd("python3", ["-c", FLOOD, scratch.path("s"), "1"]);
    assert.equal(status, 0, stderr);
    const lost = await server.until(
      ({ stdout }) => stdout.split("lost ")[round + 1]?.split("\n")[0],
    );
    assert.equal(lost, "ERR_WIRE_BROKEN 0", "the reason, and how many descriptors were kept");
  }
  report.count("cut control messages outlived", rounds);
}
