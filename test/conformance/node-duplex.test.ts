import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:net";
import type { Duplex } from "node:stream";
import { duplexPair } from "node:stream";
import { fromNodeDuplex, toNodeDuplex } from "../../src/bridges/node-streams.ts";
import type { Capability } from "../../src/contract/index.ts";
import { givenWire, loopbackPair, tcpPair } from "./given-wire.ts";
import { conforms } from "./skipping.ts";

const ALL: readonly Capability[] = ["abort", "halfClose", "linger", "backPressure"];
const THROUGH = { capabilities: [...ALL, "abortVisible"] as const };

conforms(
  givenWire("duplexPair", ALL, async () => duplexPair().map((stream) => fromNodeDuplex(stream))),
);

async function sockets(): Promise<readonly Duplex[]> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const left = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const [[right]] = await Promise.all([once(server, "connection"), once(left, "connect")]);
  server.close();
  return [left, right as Duplex];
}

conforms(
  givenWire("two sockets of Node", ALL, async () =>
    (await sockets()).map((socket) => fromNodeDuplex(socket)),
  ),
);

const there = (transport: Parameters<typeof toNodeDuplex>[0]) =>
  fromNodeDuplex(toNodeDuplex(transport), THROUGH);

conforms(
  givenWire("toNodeDuplex and back, over loopback", THROUGH.capabilities, async () =>
    (await loopbackPair()).map(there),
  ),
);

conforms(
  givenWire("toNodeDuplex and back, over tcp", THROUGH.capabilities, async () =>
    (await tcpPair()).map(there),
  ),
);
