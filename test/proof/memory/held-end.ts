import { Readable } from "node:stream";
import { Connection } from "../../../src/bridges/index.ts";
import { toNodeDuplex } from "../../../src/bridges/node-to-duplex.ts";
import { toWebStreams } from "../../../src/bridges/web-to-streams.ts";
import type { Protocol, Transport } from "../../../src/contract/index.ts";
import { formatAddress } from "../../../src/contract/index.ts";
import { endpoint } from "../../../src/endpoints/index.ts";
import { CHUNK_BYTES, Source } from "./source.ts";

// One end of a connection in a process of its own, so that what it holds can be weighed. Run with its
// role, whether it listens or connects, and a URL. All that it says is on standard error: where it
// listens, a line for the connection, and its account at SIGUSR2.

/** What an end does with its connection. */
const ROLES: Readonly<Record<string, (transport: Transport) => unknown>> = {
  // What these do with what comes is below.
  "stops reading": () => undefined,
  "reads slowly": () => undefined,
  produces: (transport) => transport.registerProducer(new Source(transport, true), true),
  "Connection, never reads": (transport) => connectionOn(transport),
  "Connection, produces": async (transport) => {
    const connection = connectionOn(transport);
    for (;;) await connection.send(new Uint8Array(CHUNK_BYTES));
  },
  "Node stream, never reads": (transport) => toNodeDuplex(transport),
  "Node stream, produces": (transport) => Readable.from(chunks()).pipe(toNodeDuplex(transport)),
  "web streams, never reads": (transport) => toWebStreams(transport),
  "web streams, produces": async (transport) => {
    const writer = toWebStreams(transport).writable.getWriter();
    for (;;) await writer.write(new Uint8Array(CHUNK_BYTES));
  },
};

function connectionOn(transport: Transport): Connection {
  const connection = new Connection();
  transport.switchProtocol(connection);
  return connection;
}

function* chunks(): Generator<Uint8Array> {
  for (;;) yield new Uint8Array(CHUNK_BYTES);
}

const REST_MS = 1;
const [role = "", way, url = ""] = process.argv.slice(2);
const act = ROLES[role];
if (act === undefined) throw new RangeError(`Cannot act: there is no role "${role}"`);

function protocol(): Protocol {
  let mine: Transport;
  return {
    connectionMade(transport) {
      mine = transport;
      process.on("SIGUSR2", () => {
        const { received, accepted } = transport.ledger;
        process.stderr.write(`account ${received} ${accepted}\n`);
      });
      process.stderr.write("connected\n");
      act?.(transport);
    },
    dataReceived() {
      if (role === "produces") return;
      mine.pauseProducing();
      if (role === "reads slowly") setTimeout(() => mine.resumeProducing(), REST_MS);
    },
    connectionLost() {},
  };
}

const place = await endpoint(url);
if (way === "connect") {
  await place.connect(protocol());
} else {
  const port = await place.listen(protocol);
  const host = port.getHost();
  process.stderr.write(`listening ${JSON.stringify(host)} ${formatAddress(host)}\n`);
}
