import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { Bytes, Protocol, Transport } from "../../../src/contract/index.ts";
import { Ciphertext } from "../../../src/layers/tls/ciphertext.ts";
import type { HandshakeCalls } from "../../../src/layers/tls/handshake.ts";
import { clientHandshake } from "../../../src/layers/tls/handshake.ts";
import type { TlsTransport } from "../../../src/layers/tls/index.ts";
import { tls } from "../../../src/layers/tls/index.ts";
import { ServerHandshakes } from "../../../src/layers/tls/server-handshakes.ts";
import { TlsLayer } from "../../../src/layers/tls/tls-layer.ts";
import { tcp } from "../../../src/wires/tcp/index.ts";
import { patterned } from "../../wires/recording-protocol.ts";
import { authority, forLocalhost, to } from "./authority.ts";

// What TLS says it has not kept is overwritten at once, and what comes out is compared: run by the
// Node whose engine it is about. Prints a line for each thing that held.
const data = patterned(16 * 1024 * 1024);
const dataHash = hashOf(data);
const PIECE_BYTES = 50_000;
const POISON = 0xdb;
/** What the answers were: nothing kept, or perhaps something. */
const answers = { spent: 0, kept: 0 };

function hashOf(bytes: Bytes): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function counted(isSpent: boolean): boolean {
  answers[isSpent ? "spent" : "kept"] += 1;
  return isSpent;
}

/** Two engines face to face; each piece arrives in a turn of its own, as from a wire. */
function facing(): readonly [Ciphertext, Ciphertext] {
  const lowerOf = (other: () => Ciphertext): Transport => {
    const onTheWay: Bytes[] = [];
    const arrive = (): void => {
      const piece = onTheWay.shift();
      if (piece === undefined) return;
      if (counted(other().arrived(piece))) piece.fill(POISON);
      if (onTheWay.length > 0) setImmediate(arrive);
    };
    const write = (written: Bytes): void => {
      if (onTheWay.length === 0) setImmediate(arrive);
      for (let at = 0; at < written.length; at += PIECE_BYTES) {
        onTheWay.push(written.slice(at, at + PIECE_BYTES));
      }
    };
    const writeSequence = (all: Iterable<Bytes>): void => {
      for (const piece of all) write(piece);
    };
    return { write, writeSequence, flushed: async () => {} } as Partial<Transport> as Transport;
  };
  const left: Ciphertext = new Ciphertext(
    lowerOf(() => right),
    () => {},
  );
  const right: Ciphertext = new Ciphertext(
    lowerOf(() => left),
    () => {},
  );
  return [left, right];
}

function secured(begin: (calls: HandshakeCalls) => void): Promise<TLSSocket> {
  return new Promise((secure, failed) => begin({ secure, failed }));
}

/** Its reader stops now and then for some turns, so that bytes wait in front of the engine. */
async function hashRead(socket: TLSSocket): Promise<string> {
  const hash = createHash("sha256");
  let byteCount = 0;
  let chunkCount = 0;
  await new Promise<void>((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      hash.update(chunk);
      byteCount += chunk.length;
      chunkCount += 1;
      if (byteCount === data.length) resolve();
      if (chunkCount % 50 !== 0) return;
      socket.pause();
      setTimeout(() => socket.resume(), 1);
    });
  });
  return hash.digest("hex");
}

async function engines(): Promise<void> {
  const [left, right] = facing();
  const version = { minVersion: "TLSv1.3", maxVersion: "TLSv1.3" } as const;
  const servers = new ServerHandshakes("here", { ...forLocalhost, ...version });
  const client = secured((calls) =>
    clientHandshake({ ca: authority.cert, ...version }, "localhost")(left, calls),
  );
  const server = secured((calls) => servers.handshake(right, calls));
  // Right behind the client's last word of the handshake, so that it comes before the server's.
  void client.then((socket) => void socket.write(data));
  const read = hashRead(await server);
  (await server).write(data);
  assert.equal(await hashRead(await client), dataHash);
  assert.equal(await read, dataHash);
  assert.ok(answers.kept > 0, "nothing ever waited in front of an engine");
  for (const engine of [client, server]) (await engine).destroy();
  for (const end of [left, right]) end.destroy();
}

/** Sends the data at once, and reads with pauses. */
class Talker implements Protocol<TlsTransport> {
  readonly hash: Promise<string>;
  readonly #read = createHash("sha256");
  #transport!: TlsTransport;
  #chunkCount = 0;
  #ended!: (hash: string) => void;

  constructor() {
    this.hash = new Promise((resolve) => (this.#ended = resolve));
  }
  connectionMade(transport: TlsTransport): void {
    this.#transport = transport;
    transport.write(data);
    transport.loseWriteConnection();
  }
  dataReceived(chunk: Bytes): void {
    this.#read.update(chunk);
    this.#chunkCount += 1;
    if (this.#chunkCount % 50 !== 0) return;
    this.#transport.pauseProducing();
    setImmediate(() => this.#transport.resumeProducing());
  }
  readConnectionLost(): void {}
  connectionLost(): void {
    this.#ended(this.#read.digest("hex"));
  }
}

async function connections(version: "TLSv1.2" | "TLSv1.3"): Promise<void> {
  const { borrow } = TlsLayer.prototype;
  TlsLayer.prototype.borrow = function counting(chunk) {
    return counted(borrow.call(this, chunk));
  };
  const only = { minVersion: version, maxVersion: version };
  const [near, far] = [new Talker(), new Talker()];
  const own = tls(tcp({ port: 0, driver: "native" }), { ...forLocalhost, ...only });
  const port = await own.listen(() => far);
  await tls(to(port), { ca: authority.cert, ...only }).connect(near);
  assert.deepEqual(await Promise.all([near.hash, far.hash]), [dataHash, dataHash]);
  await port.stopListening();
  TlsLayer.prototype.borrow = borrow;
}

async function hold(name: string, run: () => Promise<void>): Promise<void> {
  Object.assign(answers, { spent: 0, kept: 0 });
  await run();
  const { spent, kept } = answers;
  process.stdout.write(`held: ${name}\n`);
  process.stdout.write(`${name}: ${spent} spent, ${kept} kept\n`);
  if (spent > 0) process.stdout.write(`lent: ${name}\n`);
}

await hold("engines", engines);
for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  await hold(version, () => connections(version));
}
