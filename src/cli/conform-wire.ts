import type {
  Address,
  Capability,
  CloseReason,
  Endpoint,
  Protocol,
  Transport,
} from "../contract/index.ts";
import { isAbortable } from "../contract/index.ts";
import { endpoint, format, parse, specOf } from "../endpoints/index.ts";
import { observe } from "../flow/index.ts";
import type { Pair, PairOptions, WireUnderTest } from "../testing/index.ts";
import { settleByTurns } from "../testing/index.ts";

export interface EndpointWireOptions {
  readonly name: string;
  /** Where our server listens. */
  readonly listen: string;
  /** Where our client connects; without it, to where the server listens. */
  readonly connect?: string;
}

/**
 * Makes a wire under test of endpoint strings: `left` connects, `right` listens.
 *
 * What it can do is asked of a first connection, which is made and closed here.
 */
export async function endpointWire(options: EndpointWireOptions): Promise<WireUnderTest> {
  const server = await endpoint(options.listen);
  const leadingTo = async (host: Address): Promise<Endpoint> => {
    const spec = options.connect ?? specTo(host, options.listen);
    if (spec === undefined)
      throw new RangeError(`Cannot connect to ${options.listen}: it has no name`);
    return endpoint(spec);
  };
  const pair = (left: Protocol, right: Protocol, how: PairOptions): Promise<Pair> =>
    makePair({ server, leadingTo }, [left, right], how);
  const capabilities = await probe(pair);
  if (options.connect !== undefined) return { name: options.name, capabilities, pair };
  return {
    name: options.name,
    capabilities: new Set([...capabilities, "listen"]),
    pair,
    endpoint: async () => ({
      server,
      leadingTo: (port) => later(leadingTo(port.getHost())),
      settle: settleByTurns(),
      [Symbol.asyncDispose]: async () => {},
    }),
  };
}

/** Where a server listens, through the layers that it listens through. */
function specTo(host: Address, listen: string): string | undefined {
  const spec = specOf(host);
  const layers = parse(listen).layers.slice(0, -1);
  if (spec === undefined || layers.length === 0) return spec;
  const { layers: wire, place } = parse(spec);
  return format({ layers: [...layers, ...wire], place });
}

interface Ways {
  readonly server: Endpoint;
  readonly leadingTo: (host: Address) => Promise<Endpoint>;
}

async function makePair(
  { server, leadingTo }: Ways,
  [left, right]: readonly [Protocol, Protocol],
  { limits, signal, onError, observers = {} }: PairOptions,
): Promise<Pair> {
  const made = new Meeting();
  const port = await server.listen(() => made.noting("right", right), {
    limits,
    signal,
    onError,
    ...(observers.right === undefined ? {} : { observer: observers.right }),
  });
  try {
    const client = await leadingTo(port.getHost());
    await client.connect(made.noting("left", left), {
      limits,
      signal,
      onError,
      ...(observers.left === undefined ? {} : { observer: observers.left }),
    });
    return await made.both(signal);
  } finally {
    await port.stopListening();
  }
}

/** Waits for both `connectionMade`, and for both ends when it is let go. */
class Meeting {
  readonly #transports: Map<"left" | "right", Transport> = new Map();
  readonly #over: Promise<CloseReason>[] = [];
  #meet: () => void = () => {};
  readonly #met: Promise<void> = new Promise((resolve) => {
    this.#meet = resolve;
  });

  /** `protocol` itself, noted when it is made: the suite looks at what is called on it. */
  noting(side: "left" | "right", protocol: Protocol): Protocol {
    const noted = Object.create(protocol) as { connectionMade: Protocol["connectionMade"] };
    for (const name of METHODS) {
      const method = protocol[name];
      if (method !== undefined) Object.assign(noted, { [name]: method.bind(protocol) });
    }
    noted.connectionMade = (transport) => {
      this.#note(side, transport);
      return protocol.connectionMade(transport);
    };
    return noted as Protocol;
  }

  async both(signal: AbortSignal): Promise<Pair> {
    const gaveUp = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    });
    gaveUp.catch(() => {});
    await Promise.race([this.#met, gaveUp]);
    const left = this.#transports.get("left");
    const right = this.#transports.get("right");
    if (left === undefined || right === undefined)
      throw new RangeError("Cannot pair: no transport");
    return {
      left,
      right,
      settle: settleByTurns(),
      [Symbol.asyncDispose]: async () => {
        for (const transport of [left, right])
          if (isAbortable(transport)) transport.abortConnection();
        await Promise.all(this.#over);
      },
    };
  }

  #note(side: "left" | "right", transport: Transport): void {
    this.#transports.set(side, transport);
    this.#over.push(new Promise((resolve) => observe(transport, { ended: resolve })));
    // The second connectionMade returns before anybody hears of it.
    if (this.#transports.size === 2) queueMicrotask(this.#meet);
  }
}

const METHODS = [
  "dataReceived",
  "connectionLost",
  "readConnectionLost",
  "writeConnectionLost",
] as const;

async function probe(
  pair: (left: Protocol, right: Protocol, options: PairOptions) => Promise<Pair>,
): Promise<ReadonlySet<Capability>> {
  const quiet = (): Protocol => ({
    connectionMade: () => {},
    dataReceived: () => {},
    connectionLost: () => {},
  });
  const signal = AbortSignal.timeout(PROBE_MS);
  await using made = await pair(quiet(), quiet(), { limits: {}, signal, onError: () => {} });
  const right = made.right.capabilities;
  return new Set([...made.left.capabilities].filter((capability) => right.has(capability)));
}

const PROBE_MS = 10_000;

/** An endpoint that is still being loaded. */
function later(loading: Promise<Endpoint>): Endpoint {
  return {
    connect: async (protocol, options) => (await loading).connect(protocol, options),
    listen: async (factory, options) => (await loading).listen(factory, options),
  };
}
