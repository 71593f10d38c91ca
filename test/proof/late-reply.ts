import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import type {
  Bytes,
  CloseReason,
  Endpoint,
  Protocol,
  Transport,
} from "../../src/contract/index.ts";
import { isHalfCloseable } from "../../src/contract/index.ts";
import { relay } from "../../src/join/index.ts";
import { memoryNetwork } from "../../src/memory/index.ts";
import { pattern } from "../../src/testing/pattern.ts";
import type { ProofReport } from "../../tools/proof.ts";
import { Program } from "../interop/program.ts";
import { RelayCommand } from "../interop/relay-command.ts";
import { Scratch } from "../interop/scratch.ts";
import type { SocketAddress, SocketWire } from "../interop/socket-address.ts";
import {
  endpointAt,
  freshAddress,
  listen,
  pairsOf,
  SOCKET_WIRES,
  socketAddressOf,
} from "../interop/socket-address.ts";

export const title =
  "A reply that comes long after the client has ended its side arrives whole through every relay";

const REQUEST = new TextEncoder().encode("hello");
const REPLY = pattern(1_000_000);

export async function prove(report: ProofReport): Promise<void> {
  const delayMs = report.full ? 1500 : 200;
  report.fact("the reply comes after", `${delayMs} ms`);
  const pairs = pairsOf(["tcp", "unix", "memory"] as const);
  await Promise.all(pairs.map(([from, onto]) => proveInLibrary(from, onto, delayMs)));
  report.count("pairs of wires, in the library", pairs.length);
  const socketPairs = pairsOf(SOCKET_WIRES);
  await Promise.all(socketPairs.map(([from, onto]) => proveByCommand(from, onto, delayMs)));
  report.count("pairs of wires, through the command", socketPairs.length);
  await seeNaivePipeFail(report, delayMs);
}

async function proveByCommand(from: SocketWire, onto: SocketWire, delayMs: number): Promise<void> {
  using scratch = new Scratch();
  await using server = await answerLate(freshAddress(onto, scratch), delayMs);
  await using command = await RelayCommand.start(freshAddress(from, scratch), server.at);
  const reply = await ask(command.at);
  assert.ok(reply.equals(REPLY), `${from} to ${onto}: ${reply.length} bytes`);
  const [closing] = await command.closings(1);
  assert.deepEqual(closing, {
    bytesToTarget: REQUEST.length,
    bytesFromTarget: REPLY.length,
    kinds: ["done", "done"],
  });
}

/** The same check through `a.pipe(b); b.pipe(a)`: it must fail, or it would prove nothing. */
async function seeNaivePipeFail(report: ProofReport, delayMs: number): Promise<void> {
  for (const wire of SOCKET_WIRES) {
    using scratch = new Scratch();
    await using server = await answerLate(freshAddress(wire, scratch), delayMs);
    const ends = [freshAddress(wire, scratch), server.at].map((at) => JSON.stringify(at));
    const script = fileURLToPath(new URL("../controls/naive-pipe.js", import.meta.url));
    await using pipe = new Program(process.execPath, [script, ...ends]);
    const at = await pipe.until(({ stdout }) =>
      stdout.endsWith("\n") ? (JSON.parse(stdout) as SocketAddress) : undefined,
    );
    const reply = await ask(at);
    assert.notEqual(
      reply.length,
      REPLY.length,
      `${wire}: the check holds for a naive pipe as well`,
    );
    report.count(`${wire}: naive pipe seen failing`, 1);
    report.fact(`${wire}: bytes through a naive pipe`, reply.length);
  }
}

type Wire = "tcp" | "unix" | "memory";

async function proveInLibrary(from: Wire, onto: Wire, delayMs: number): Promise<void> {
  using scratch = new Scratch();
  const network = memoryNetwork();
  const place = (wire: Wire, name: string): Endpoint =>
    wire === "memory" ? network.endpoint(name) : endpointAt(freshAddress(wire, scratch));
  const servers: LateAnswerer[] = [];
  await using target = await place(onto, "target").listen(() => {
    const server = new LateAnswerer(delayMs);
    servers.push(server);
    return server;
  });
  const reach = (wire: Wire, name: string, host: ReturnType<typeof target.getHost>): Endpoint =>
    wire === "memory" ? network.endpoint(name) : endpointAt(socketAddressOf(host));
  const joined = await relay(place(from, "front"), reach(onto, "target", target.getHost()));
  try {
    const client = await reach(from, "front", joined.getHost()).connect(new Asker());
    const what = `${from} to ${onto}`;
    const { kind, by, code } = await client.lost;
    assert.deepEqual({ kind, by, code }, { kind: "done", by: "us", code: undefined }, what);
    assert.ok(Buffer.concat(client.got).equals(REPLY), what);
    assert.equal(Buffer.concat(servers[0]?.got ?? []).toString(), "hello", what);
  } finally {
    await joined.close();
  }
}

/** Keeps what comes. */
class Taker {
  readonly got: Bytes[] = [];
  readonly lost: Promise<CloseReason>;
  transport: Transport | undefined;
  #lost: (reason: CloseReason) => void = () => {};

  constructor() {
    this.lost = new Promise((resolve) => {
      this.#lost = resolve;
    });
  }

  dataReceived(data: Bytes): void {
    this.got.push(data);
  }

  connectionLost(reason: CloseReason): void {
    this.#lost(reason);
  }
}

/** Asks, ends its side at once, and takes what comes until the other end. */
class Asker extends Taker implements Protocol {
  connectionMade(transport: Transport): void {
    this.transport = transport;
    transport.write(REQUEST);
    if (isHalfCloseable(transport)) transport.loseWriteConnection();
  }

  readConnectionLost(): void {
    this.transport?.loseConnection();
  }
}

/** Answers long after the other side has ended. */
class LateAnswerer extends Taker implements Protocol {
  readonly #delayMs: number;

  constructor(delayMs: number) {
    super();
    this.#delayMs = delayMs;
  }

  connectionMade(transport: Transport): void {
    this.transport = transport;
  }

  readConnectionLost(): void {
    setTimeout(() => {
      this.transport?.write(REPLY);
      this.transport?.loseConnection();
    }, this.#delayMs);
  }
}

/** The server, of plain sockets. */
async function answerLate(
  at: SocketAddress,
  delayMs: number,
): Promise<AsyncDisposable & { readonly at: SocketAddress }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    socket.on("end", () => setTimeout(() => socket.end(REPLY), delayMs));
    socket.resume();
  });
  return {
    at: await listen(server, at),
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The client, of plain sockets: what it got before the end. */
async function ask(at: SocketAddress): Promise<Buffer> {
  const socket = connect({ ...at, allowHalfOpen: true });
  socket.end(REQUEST);
  const got: Buffer[] = [];
  for await (const chunk of socket) got.push(chunk as Buffer);
  return Buffer.concat(got);
}
