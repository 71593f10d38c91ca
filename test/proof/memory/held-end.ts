import { Readable } from "node:stream";
import { Connection } from "../../../src/bridges/index.ts";
import { toNodeDuplex } from "../../../src/bridges/node-to-duplex.ts";
import { toWebStreams } from "../../../src/bridges/web-to-streams.ts";
import type { Protocol, Transport } from "../../../src/contract/index.ts";
import { formatAddress } from "../../../src/contract/index.ts";
import { endpoint } from "../../../src/endpoints/index.ts";
import { CHUNK_BYTES, Source } from "./source.ts";

// One end of a connection in a process of its own, so that what it holds can be weighed. Run with
// its role, whether it listens or connects, and a URL. All that it says is on standard error: where
// it listens, a line for the connection, and its account at SIGUSR2.

/** What an end does with its connection. */
const ROLES: Readonly<Record<string, (transport: Transport) => unknown>> = {
  // What these do with what comes is below.
  "stops reading": () => undefined,
  "reads slowly": () => undefined,
  produces: (transport) => transport.registerProducer(new Source(transport, true), true),
  // What a Connection does is below.
  "Connection, never reads": () => undefined,
  "Connection, produces": () => undefined,
  "Node stream, never reads": (transport) => toNodeDuplex(transport),
  "Node stream, produces": (transport) => Readable.from(chunks()).pipe(toNodeDuplex(transport)),
  "web streams, never reads": (transport) => toWebStreams(transport),
  "web streams, produces": async (transport) => {
    const writer = toWebStreams(transport).writable.getWriter();
    for (;;) await writer.write(new Uint8Array(CHUNK_BYTES));
  },
};

function* chunks(): Generator<Uint8Array> {
  for (;;) yield new Uint8Array(CHUNK_BYTES);
}

const REST_MS = 1;
const [role = "", way, url = ""] = process.argv.slice(2);
const act = ROLES[role];
if (act === undefined) throw new RangeError(`Cannot act: there is no role "${role}"`);

/** Says that it is there, and what its account is when it is asked. */
function told(transport: Transport): void {
  process.on("SIGUSR2", () => {
    const { received, accepted } = transport.ledger;
    process.stderr.write(`account ${received} ${accepted}\n`);
  });
  process.stderr.write("connected\n");
}

class HeldConnection extends Connection {
  override connectionMade(transport: Transport): void {
    super.connectionMade(transport);
    told(transport);
    if (role.endsWith("produces")) void this.#produce();
  }

  async #produce(): Promise<void> {
    for (;;) await this.send(new Uint8Array(CHUNK_BYTES));
  }
}

class HeldProtocol implements Protocol {
  #transport: Transport | undefined;

  connectionMade(transport: Transport): void {
    this.#transport = transport;
    told(transport);
    act?.(transport);
  }

  dataReceived(): void {
    if (role === "produces") return;
    this.#transport?.pauseProducing();
    if (role === "reads slowly") setTimeout(() => this.#transport?.resumeProducing(), REST_MS);
  }

  connectionLost(): void {}
}

const held = (): Protocol =>
  role.startsWith("Connection") ? new HeldConnection() : new HeldProtocol();
const place = await endpoint(url);
if (way === "connect") {
  await place.connect(held());
} else {
  const port = await place.listen(held);
  const host = port.getHost();
  process.stderr.write(`listening ${JSON.stringify(host)} ${formatAddress(host)}\n`);
}
// A descriptor that is not read does not keep a process alive.
setInterval(() => {}, 1000);
