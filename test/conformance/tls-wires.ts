import type { Endpoint, ListeningPort, Protocol } from "../../src/contract/index.ts";
import { isAbortable } from "../../src/contract/index.ts";
import { startTls, tls } from "../../src/layers/tls/index.ts";
import {
  HARMLESS_FAULTS,
  loopback,
  memoryNetwork,
  seededChance,
  Trace,
  VirtualRuntime,
  Weather,
} from "../../src/memory/index.ts";
import type { WireUnderTest } from "../../src/testing/index.ts";
import { endpointWire } from "../../src/testing/index.ts";
import type { Scratch } from "../interop/scratch.ts";
import type { SocketWire } from "../interop/socket-address.ts";
import { endpointAt, freshAddress, socketAddressOf } from "../interop/socket-address.ts";
import type { TlsPair } from "./tls-pairs.ts";
import { settleWithEngine, tlsPairs } from "./tls-pairs.ts";

/** TLS over every kind of wire, in each of its versions. */
export function everyTlsWire(scratch: Scratch, seeds: readonly number[]): readonly WireUnderTest[] {
  return tlsPairs.flatMap((pair) => [
    tlsSocketWire("tcp", pair, scratch),
    tlsSocketWire("unix", pair, scratch),
    tlsNetworkWire(pair),
    startTlsWire(pair),
    ...seeds.map((seed) => tlsSeededWire(seed, pair)),
  ]);
}

const CAPABILITIES = ["abort", "endMark", "halfClose", "linger", "backPressure"] as const;

export function tlsSocketWire(wire: SocketWire, pair: TlsPair, scratch: Scratch): WireUnderTest {
  const { version, server, client } = pair;
  return endpointWire({
    name: `tls+${wire}, ${version}`,
    capabilities: wire === "tcp" ? [...CAPABILITIES, "abortVisible"] : CAPABILITIES,
    server: () => tls(endpointAt(freshAddress(wire, scratch)), server),
    // Listening there as well needs a certificate, too.
    leadingTo: (port) => tls(endpointAt(socketAddressOf(port.getHost())), { ...server, ...client }),
  });
}

/** Over a network of names in virtual time: the limits are those of a clock that does not wait. */
export function tlsNetworkWire(pair: TlsPair): WireUnderTest {
  return overNetwork(`tls+memory, ${pair.version}`, pair, new VirtualRuntime());
}

/** Byte by byte is a matter of the wire beneath, where it takes minutes. */
const FAULTS = HARMLESS_FAULTS.filter((fault) => fault !== "oneByte");

/** Over a network under weather that breaks nothing, drawn by seed. */
export function tlsSeededWire(seed: number, pair: TlsPair): WireUnderTest {
  const chance = seededChance(seed);
  const runtime = new VirtualRuntime({ chance });
  const weather = new Weather({ runtime, chance, trace: new Trace(), faults: FAULTS });
  return overNetwork(`seeded, ${seed}, beneath ${pair.version}`, pair, runtime, weather);
}

function overNetwork(
  name: string,
  { server, client }: TlsPair,
  runtime: VirtualRuntime,
  weather?: Weather,
): WireUnderTest {
  const network = memoryNetwork({ runtime, ...(weather && { join: weather.join }) });
  let places = 0;
  const placeOf = (port: ListeningPort): Endpoint => {
    const address = port.getHost();
    if (address.kind !== "memory") throw new TypeError("Cannot reach it: not in this network");
    return network.endpoint(address.name);
  };
  return endpointWire({
    name,
    capabilities: [...CAPABILITIES, "abortVisible"],
    server: () => tls(network.endpoint(`place ${places++}`), server),
    leadingTo: (port) => tls(placeOf(port), { ...server, ...client }),
    settle: settleWithEngine(runtime),
  });
}

/** A plain loopback whose two ends were in use before, and then began TLS. */
export function startTlsWire({ version, server, client }: TlsPair): WireUnderTest {
  const runtime = new VirtualRuntime();
  const settle = settleWithEngine(runtime);
  return {
    name: `loopback, then startTls, ${version}`,
    capabilities: new Set([...CAPABILITIES, "abortVisible"]),
    pair: async (left, right, { limits, onError, signal, observers = {} }) => {
      const { left: atLeft, right: atRight } = loopback(SILENT, SILENT, { runtime, onError });
      const base = { limits, onError, signal };
      const begun = Promise.all([
        startTls(
          atLeft,
          {
            ...client,
            ...base,
            role: "client",
            ...(observers.left && { observer: observers.left }),
          },
          left,
        ),
        startTls(
          atRight,
          {
            ...server,
            ...base,
            role: "server",
            ...(observers.right && { observer: observers.right }),
          },
          right,
        ),
      ]);
      let isSettled = false;
      const settled = (): void => {
        isSettled = true;
      };
      begun.then(settled, settled);
      await settle(() => isSettled || signal.aborted);
      signal.throwIfAborted();
      const [leftEnd, rightEnd] = await begun;
      const dispose = async (): Promise<void> => {
        for (const end of [leftEnd, rightEnd]) if (isAbortable(end)) end.abortConnection();
      };
      return { left: leftEnd, right: rightEnd, settle, [Symbol.asyncDispose]: dispose };
    },
  };
}

const SILENT: Protocol = {
  connectionMade: () => {},
  dataReceived: () => {},
  connectionLost: () => {},
};
