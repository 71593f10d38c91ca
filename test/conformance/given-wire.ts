import type { Capability, ClientEndpoint, Protocol, Transport } from "../../src/contract/index.ts";
import { isAbortable } from "../../src/contract/index.ts";
import { loopback } from "../../src/memory/index.ts";
import type { WireUnderTest } from "../../src/testing/index.ts";
import { settleByTurns } from "../../src/testing/index.ts";
import { tcp } from "../../src/wires/tcp/index.ts";

/** A wire under test from two endpoints that hold the two ends of one connection. */
export function givenWire(
  name: string,
  capabilities: Iterable<Capability>,
  join: () => Promise<readonly ClientEndpoint[]>,
): WireUnderTest {
  return {
    name,
    capabilities: new Set(capabilities),
    pair: async (left, right, { limits, onError, signal, observers = {} }) => {
      const [atLeft, atRight] = await join();
      if (atLeft === undefined || atRight === undefined) throw new Error("two ends are needed");
      const ends: Transport[] = [];
      const base = { limits, onError, signal };
      const noted = (protocol: Protocol): Protocol => noting(protocol, (end) => ends.push(end));
      await atRight.connect(noted(right), {
        ...base,
        ...(observers.right && { observer: observers.right }),
      });
      await atLeft.connect(noted(left), {
        ...base,
        ...(observers.left && { observer: observers.left }),
      });
      const [rightEnd, leftEnd] = ends as [Transport, Transport];
      const dispose = async (): Promise<void> => {
        for (const end of ends) {
          if (isAbortable(end)) end.abortConnection();
          else end.loseConnection();
        }
      };
      return {
        left: leftEnd,
        right: rightEnd,
        settle: settleByTurns(),
        [Symbol.asyncDispose]: dispose,
      };
    },
  };
}

/** The protocol itself, but for a look at its transport first. */
function noting(protocol: Protocol, note: (transport: Transport) => void): Protocol {
  const connectionMade = (transport: Transport): unknown => {
    note(transport);
    return protocol.connectionMade(transport);
  };
  return new Proxy(protocol, {
    get: (target, key) => (key === "connectionMade" ? connectionMade : Reflect.get(target, key)),
  });
}

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
