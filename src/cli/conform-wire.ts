import type { Address, Capability, Endpoint, Protocol } from "../contract/index.ts";
import type { LayerSpec } from "../endpoints/index.ts";
import { endpoint, format, parse, specThrough } from "../endpoints/index.ts";
import type { WireUnderTest } from "../testing/index.ts";
import { endpointWire } from "../testing/index.ts";
import { openFiles } from "./conform-files.ts";

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
  const { name, connect } = options;
  const listen = certified(options.listen);
  const server = await endpoint(listen);
  const client = connect === undefined ? null : await endpoint(connect);
  const made = endpointWire({
    name,
    capabilities: [],
    descriptors: openFiles(),
    server: () => server,
    leadingTo: (port) => client ?? loading(leadingTo(port.getHost(), listen)),
  });
  const capabilities = await probe(made);
  if (client !== null) return { name, capabilities, pair: made.pair, latenessMs: LATENESS_MS };
  return { ...made, capabilities: new Set([...capabilities, "listen" as const]) };
}

async function leadingTo(host: Address, listen: string): Promise<Endpoint> {
  const spec = specThrough(host, listen, "with options");
  if (spec === undefined) throw new RangeError(`Cannot connect to ${listen}: it has no name`);
  const { layers, place } = parse(spec);
  return endpoint(format({ layers: layers.map(trusting), place }));
}

/** With a certificate made on the spot for every server that was given none. */
export function certified(listen: string): string {
  const { layers, place } = parse(listen);
  const isBare = ({ scheme, options }: LayerSpec): boolean =>
    scheme === "tls" && options["cert"] === undefined && options["selfSigned"] === undefined;
  if (!layers.some(isBare)) return listen;
  const given = layers.map((layer) =>
    isBare(layer) ? { ...layer, options: { ...layer.options, selfSigned: true } } : layer,
  );
  return format({ layers: given, place });
}

/** A certificate made on the spot is ours, and nobody can vouch for it. */
function trusting(layer: LayerSpec): LayerSpec {
  const { options, scheme } = layer;
  if (scheme !== "tls" || options["selfSigned"] !== true) return layer;
  const { saveCert: _, ...rest } = options;
  return { scheme, options: { ...rest, insecure: true } };
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
