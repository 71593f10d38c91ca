import type {
  Capability,
  ClientEndpoint,
  DescriptorReceiver,
  ListeningPort,
  Protocol,
  ServerEndpoint,
  Transport,
} from "../contract/index.ts";
import { isAbortable } from "../contract/index.ts";
import type { Settle } from "./settle.ts";
import { settleByTurns } from "./settle.ts";
import type { Descriptors, Pair, PairOptions, Place, WireUnderTest } from "./wire-under-test.ts";

export interface EndpointWireOptions {
  readonly name: string;
  /** `listen` is added. */
  readonly capabilities: Iterable<Capability>;
  /** A fresh endpoint to listen on, every time. */
  readonly server: () => ServerEndpoint | Promise<ServerEndpoint>;
  /** An endpoint that leads to where `port` listens. */
  readonly leadingTo: (port: ListeningPort) => ClientEndpoint & ServerEndpoint;
  /** Default: real time, turn by turn. */
  readonly settle?: Settle;
  readonly knownGaps?: Readonly<Record<string, string>>;
  /** Where descriptors travel. */
  readonly descriptors?: Descriptors;
}

/**
 * A wire under test from its endpoints: each pair is a connection from `leadingTo` (left) to a
 * listener of its own (right).
 *
 * @example
 * ```ts
 * endpointWire({
 *   name: "tcp",
 *   capabilities: ["abort", "abortVisible", "halfClose", "linger", "backPressure"],
 *   server: () => tcp({ port: 0 }),
 *   leadingTo: (port) => tcp({ port: port.getHost().port }),
 * });
 * ```
 */
export function endpointWire(options: EndpointWireOptions): WireUnderTest {
  const { name, server, leadingTo, settle = settleByTurns(), knownGaps, descriptors } = options;
  return {
    name,
    capabilities: new Set<Capability>([...options.capabilities, "listen"]),
    pair: (left, right, pairOptions) => connect(options, settle, left, right, pairOptions),
    endpoint: async (): Promise<Place> => {
      const endpoint = await server();
      return { server: endpoint, leadingTo, settle, [Symbol.asyncDispose]: async () => {} };
    },
    ...(knownGaps === undefined ? {} : { knownGaps }),
    ...(descriptors === undefined ? {} : { descriptors }),
  };
}

async function connect(
  { server, leadingTo }: EndpointWireOptions,
  settle: Settle,
  left: Protocol,
  right: Protocol,
  { limits, onError, signal, observers = {} }: PairOptions,
): Promise<Pair> {
  const atLeft = new Noticing(left);
  const atRight = new Noticing(right);
  const base = { limits, onError, signal };
  const port = await (await server()).listen(() => atRight.protocol, {
    ...base,
    ...(observers.right === undefined ? {} : { observer: observers.right }),
  });
  const connecting = leadingTo(port).connect(atLeft.protocol, {
    ...base,
    ...(observers.left === undefined ? {} : { observer: observers.left }),
  });
  let isFailed = false;
  connecting.catch(() => {
    isFailed = true;
  });
  try {
    await settle(() => isFailed || signal.aborted || (atLeft.isMade && atRight.isMade));
    signal.throwIfAborted();
    await connecting;
  } finally {
    // A case may open a second connection at the same address.
    await port.stopListening();
  }
  const dispose = async (): Promise<void> => {
    atLeft.letGo();
    atRight.letGo();
  };
  return {
    left: atLeft.transport,
    right: atRight.transport,
    settle,
    [Symbol.asyncDispose]: dispose,
  };
}

/** A protocol that is passed everything, and what of it must be known to hand out a pair. */
class Noticing {
  readonly protocol: Protocol;
  isMade = false;
  #transport: Transport | null = null;
  #isLost = false;

  constructor(protocol: Protocol) {
    const { readConnectionLost, writeConnectionLost } = protocol;
    const { fileDescriptorReceived } = protocol as DescriptorReceiver;
    const taking = fileDescriptorReceived && {
      fileDescriptorReceived: (fd: number) => fileDescriptorReceived.call(protocol, fd),
    };
    this.protocol = {
      connectionMade: (transport) => {
        this.#transport = transport;
        const answer = protocol.connectionMade(transport);
        this.isMade = true;
        return answer;
      },
      dataReceived: (data) => protocol.dataReceived(data),
      connectionLost: (reason) => {
        this.#isLost = true;
        return protocol.connectionLost(reason);
      },
      ...(readConnectionLost && { readConnectionLost: () => readConnectionLost.call(protocol) }),
      ...(writeConnectionLost && { writeConnectionLost: () => writeConnectionLost.call(protocol) }),
      ...taking,
    };
  }

  get transport(): Transport {
    if (this.#transport === null) throw new Error("the connection was not made");
    return this.#transport;
  }

  letGo(): void {
    const transport = this.#transport;
    if (transport === null || this.#isLost) return;
    if (isAbortable(transport)) transport.abortConnection();
    else transport.loseConnection();
  }
}
