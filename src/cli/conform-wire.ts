import type { Address, Capability, Endpoint, Protocol } from "../contract/index.ts";
import { endpoint, format, parse, specOf } from "../endpoints/index.ts";
import type { WireUnderTest } from "../testing/index.ts";
import { endpointWire } from "../testing/index.ts";

export interface ConformWireOptions {
  readonly name: string;
  /** Where our server listens. */
  readonly listen: string;
  /** Where our client connects; without it, to where the server listens. */
  readonly connect?: string;
}

/** Three times as long as the most impatient relay waits that is in wide use. */
const LATENESS_MS = 1_500;

/**
 * Makes a wire under test of endpoint strings: `left` connects, `right` listens.
 *
 * What it can do is asked of a first connection, which is made and closed here.
 */
export async function conformWire(options: ConformWireOptions): Promise<WireUnderTest> {
  const { name, listen, connect } = options;
  const server = await endpoint(listen);
  const client = connect === undefined ? null : await endpoint(connect);
  const made = endpointWire({
    name,
    capabilities: [],
    server: () => server,
    leadingTo: (port) => client ?? loading(leadingTo(port.getHost(), listen)),
  });
  const capabilities = await probe(made);
  if (client !== null) return { name, capabilities, pair: made.pair, latenessMs: LATENESS_MS };
  return { ...made, capabilities: new Set([...capabilities, "listen" as const]) };
}

async function leadingTo(host: Address, listen: string): Promise<Endpoint> {
  const spec = specTo(host, listen);
  if (spec === undefined) throw new RangeError(`Cannot connect to ${listen}: it has no name`);
  return endpoint(spec);
}

/** Where a server listens, through the layers that it listens through. */
function specTo(host: Address, listen: string): string | undefined {
  const spec = specOf(host);
  const layers = parse(listen).layers.slice(0, -1);
  if (spec === undefined || layers.length === 0) return spec;
  const { layers: wire, place } = parse(spec);
  return format({ layers: [...layers, ...wire], place });
}

/** An endpoint that is still being loaded. */
function loading(endpoint: Promise<Endpoint>): Endpoint {
  return {
    connect: async (protocol, options) => (await endpoint).connect(protocol, options),
    listen: async (factory, options) => (await endpoint).listen(factory, options),
  };
}

async function probe(wire: WireUnderTest): Promise<ReadonlySet<Capability>> {
  const quiet = (): Protocol => ({
    connectionMade: () => {},
    dataReceived: () => {},
    connectionLost: () => {},
  });
  const signal = AbortSignal.timeout(PROBE_MS);
  await using made = await wire.pair(quiet(), quiet(), { limits: {}, signal, onError: () => {} });
  const right = made.right.capabilities;
  return new Set([...made.left.capabilities].filter((capability) => right.has(capability)));
}

const PROBE_MS = 10_000;
