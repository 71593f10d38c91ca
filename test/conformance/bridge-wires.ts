import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:net";
import type { Duplex } from "node:stream";
import { duplexPair } from "node:stream";
import { fromNodeDuplex, toNodeDuplex } from "../../src/bridges/node-streams.ts";
import { fromWebStreams, toWebStreams } from "../../src/bridges/web-streams.ts";
import type { Capability, ClientEndpoint, Transport } from "../../src/contract/index.ts";
import type { WireUnderTest } from "../../src/testing/index.ts";
import { givenWire } from "../../src/testing/index.ts";
import { loopbackPair, tcpPair } from "./given-wire.ts";

/** What every stream can do; a reset only gets through where it is known to. */
const ANY: readonly Capability[] = ["abort", "halfClose", "linger", "backPressure"];
const capabilities: readonly Capability[] = [...ANY, "abortVisible"];

const throughDuplex = (transport: Transport): ClientEndpoint =>
  fromNodeDuplex(toNodeDuplex(transport), { capabilities });

const throughWebStreams = (transport: Transport): ClientEndpoint =>
  fromWebStreams(toWebStreams(transport), { capabilities });

/** Node's streams as wires: strange ones, and our own there and back. */
export const nodeStreamWires: readonly WireUnderTest[] = [
  givenWire("duplexPair", ANY, async () => duplexPair().map((stream) => fromNodeDuplex(stream))),
  givenWire("two sockets of Node", ANY, async () =>
    (await sockets()).map((socket) => fromNodeDuplex(socket)),
  ),
  givenWire("toNodeDuplex and back, over loopback", capabilities, async () =>
    (await loopbackPair()).map(throughDuplex),
  ),
  givenWire("toNodeDuplex and back, over tcp", capabilities, async () =>
    (await tcpPair()).map(throughDuplex),
  ),
];

/** Web streams as wires: strange ones, and our own there and back. */
export const webStreamWires: readonly WireUnderTest[] = [
  givenWire("two transform streams", capabilities, async () => {
    const [there, back] = [new TransformStream(), new TransformStream()];
    return [
      fromWebStreams({ readable: back.readable, writable: there.writable }, { capabilities }),
      fromWebStreams({ readable: there.readable, writable: back.writable }, { capabilities }),
    ];
  }),
  givenWire("toWebStreams and back, over loopback", capabilities, async () =>
    (await loopbackPair()).map(throughWebStreams),
  ),
  givenWire("toWebStreams and back, over tcp", capabilities, async () =>
    (await tcpPair()).map(throughWebStreams),
  ),
];

async function sockets(): Promise<readonly Duplex[]> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const left = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const [[right]] = await Promise.all([once(server, "connection"), once(left, "connect")]);
  server.close();
  return [left, right as Duplex];
}
