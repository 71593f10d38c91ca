import type { Protocol, Transport } from "../../src/contract/index.ts";
import { loopback } from "../../src/memory/index.ts";
import { tcp } from "../../src/wires/tcp/index.ts";

const WAITING: Protocol = {
  connectionMade: (transport) => transport.pauseProducing(),
  dataReceived: () => undefined,
  readConnectionLost: () => undefined,
  connectionLost: () => undefined,
};

/** The two ends of a connection in memory, untouched. */
export async function loopbackPair(): Promise<readonly Transport[]> {
  const { left, right } = loopback({ ...WAITING }, { ...WAITING });
  return [left, right];
}

/** The two ends of a TCP connection, untouched. */
export async function tcpPair(): Promise<readonly Transport[]> {
  const ends: Transport[] = [];
  let arrived!: () => void;
  const both = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const keep: Protocol = {
    ...WAITING,
    connectionMade: (transport) => {
      transport.pauseProducing();
      if (ends.push(transport) === 2) arrived();
    },
  };
  const port = await tcp({ port: 0 }).listen(() => keep);
  const address = port.getHost();
  if (address.kind !== "tcp") throw new Error("a TCP port is not bound to a TCP address");
  await tcp({ port: address.port }).connect(keep);
  await both;
  await port.stopListening();
  return ends;
}
