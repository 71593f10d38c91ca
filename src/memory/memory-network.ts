import type {
  CloseReason,
  Endpoint,
  EndpointOptions,
  ListeningPort,
  MemoryAddress,
  OnError,
  Protocol,
  ProtocolFactory,
  Runtime,
  Transport,
} from "../contract/index.ts";
import { ListenError, resolveLimits } from "../contract/index.ts";
import type { Facts, Wire } from "../flow/index.ts";
import { checkProtocol, Flow, systemRuntime } from "../flow/index.ts";
import type { Join } from "./link.ts";
import { checkCapacity, joinPlainly, LINK_CAPABILITIES } from "./link.ts";
import type { MemoryTransport } from "./loopback.ts";
import { MemoryAttempt } from "./memory-attempt.ts";
import { MemoryListener } from "./memory-listener.ts";
import type { PumpPolicy } from "./pump.ts";

export interface MemoryNetworkOptions {
  /** Default: the system's clock and turns. */
  readonly runtime?: Runtime;
  /** How waiting bytes are cut into chunks. Default: a chunk for every written chunk. */
  readonly pump?: PumpPolicy;
  /**
   * How many bytes each direction of a connection holds for a peer that does not read. Default 0.
   */
  readonly capacity?: number;
  /**
   * Where an endpoint's call gives no `onError`. Default: one line on the console's error stream.
   */
  readonly onError?: OnError;
  /** What joins the two ends of a connection, for weather. Default: a plain link. */
  readonly join?: Join;
}

/** One connection of a memory network, seen from outside. */
export interface MemoryConnection {
  /** The listener's name. */
  readonly name: string;
  readonly client: Transport;
  readonly server: Transport;
}

export interface MemoryNetwork {
  /**
   * The endpoint called `name`: to listen on, once at a time, and to connect to.
   *
   * `connect` waits while the listener does not accept; nobody listening is ERR_WIRE_REFUSED, at
   * once. A factory that gives `null` or throws lets the client connect and then resets it, as over
   * TCP. `listen` on a name that is taken is ERR_WIRE_ADDRESS_IN_USE.
   *
   * @throws {TypeError} when `name` is not a string that has characters.
   */
  endpoint(name: string): Endpoint<MemoryTransport>;
  /**
   * The connections that have not ended on both sides, in the order of their making; a snapshot.
   */
  readonly connections: readonly MemoryConnection[];
}

/**
 * A network of names inside this thread: endpoints as over TCP, without sockets.
 *
 * Two networks know nothing of each other.
 *
 * @throws {RangeError} when `capacity` is no number of bytes.
 *
 * @example a server and a client in one test
 * ```ts
 * const network = memoryNetwork({ runtime });
 * await using port = await network.endpoint("echo").listen(() => new Echo());
 * const client = await network.endpoint("echo").connect(new Client());
 * ```
 */
export function memoryNetwork(options: MemoryNetworkOptions = {}): MemoryNetwork {
  return new NamedListeners(options);
}

class NamedListeners implements MemoryNetwork {
  readonly #options: MemoryNetworkOptions;
  readonly #runtime: Runtime;
  readonly #join: Join;
  readonly #listeners = new Map<string, MemoryListener>();
  readonly #connections = new Set<MemoryConnection>();
  readonly #serials = new Map<string, number>();

  constructor(options: MemoryNetworkOptions) {
    checkCapacity(options.capacity ?? 0);
    this.#options = options;
    this.#runtime = options.runtime ?? systemRuntime();
    this.#join = options.join ?? joinPlainly;
  }

  get connections(): readonly MemoryConnection[] {
    return [...this.#connections];
  }

  endpoint(name: string): Endpoint<MemoryTransport> {
    if (typeof name !== "string" || name === "") {
      throw new TypeError("Cannot make an endpoint: its name must be a string that has characters");
    }
    return {
      connect: (protocol, options = {}) => this.#connect(name, protocol, options),
      listen: (factory, options = {}) => this.#listen(name, factory, options),
    };
  }

  async #connect<P extends Protocol<MemoryTransport>>(
    name: string,
    protocol: P,
    options: EndpointOptions,
  ): Promise<P> {
    const told: unknown = protocol;
    checkProtocol(told as Protocol);
    const attempt = new MemoryAttempt(name, told as Protocol, options, this.#runtime.clock);
    this.#runtime.turn.later(() => {
      const listener = this.#listeners.get(name);
      if (listener === undefined) attempt.refuse("nobody is listening");
      else listener.offer(attempt);
    });
    await attempt.done;
    return protocol;
  }

  async #listen(
    name: string,
    factory: ProtocolFactory<MemoryTransport>,
    options: EndpointOptions,
  ): Promise<ListeningPort> {
    if (typeof factory !== "function") {
      throw new TypeError("Cannot listen: the factory must be a function that makes a protocol");
    }
    options.signal?.throwIfAborted();
    if (this.#listeners.has(name)) {
      const why = "the name is in use";
      const address: MemoryAddress = { kind: "memory", name };
      throw new ListenError("ERR_WIRE_ADDRESS_IN_USE", `memory://${name}`, why, { address });
    }
    const { maxConnections } = resolveLimits(options.limits);
    const listener = new MemoryListener({
      name,
      maxConnections,
      turn: this.#runtime.turn,
      establish: (attempt, ended) =>
        this.#establish(attempt, factory as ProtocolFactory, options, ended),
      stopped: () => void this.#listeners.delete(name),
    });
    this.#listeners.set(name, listener);
    return listener;
  }

  /** Makes both ends of a connection, the server's first; `ended` is told when that one is over. */
  #establish(
    attempt: MemoryAttempt,
    factory: ProtocolFactory,
    options: EndpointOptions,
    ended: () => void,
  ): void {
    const { name } = attempt;
    const serial = (this.#serials.get(name) ?? 0) + 1;
    this.#serials.set(name, serial);
    const { pump, capacity } = this.#options;
    const joint = this.#join({
      turn: this.#runtime.turn,
      leftAddress: { kind: "memory", name: `${name}#${serial}` },
      rightAddress: { kind: "memory", name },
      ...(pump === undefined ? {} : { pump }),
      ...(capacity === undefined ? {} : { capacity }),
    });
    let ends = 2;
    const oneEnded = (): void => {
      if (--ends === 0) this.#connections.delete(connection);
    };
    const server = this.#makeFlow(joint.right, options, factory, () => {
      oneEnded();
      ended();
    });
    const client = this.#makeFlow(joint.left, attempt.options, () => attempt.protocol, oneEnded, {
      begun: (error) => attempt.settle(error),
    });
    const connection = { name, client: client.transport, server: server.transport };
    this.#connections.add(connection);
    server.opened();
    client.opened();
  }

  #makeFlow(
    makeWire: (facts: Facts) => Wire,
    options: EndpointOptions,
    accept: ProtocolFactory,
    ended: (reason: CloseReason) => void,
    more: { readonly begun?: (error?: unknown) => void } = {},
  ): Flow {
    const onError = options.onError ?? this.#options.onError;
    return new Flow(makeWire, {
      capabilities: CAPABILITIES,
      limits: resolveLimits(options.limits),
      runtime: this.#runtime,
      accept,
      ended,
      ...(onError === undefined ? {} : { onError }),
      ...(options.observer === undefined ? {} : { observer: options.observer }),
      ...more,
    });
  }
}

const CAPABILITIES: ReadonlySet<(typeof LINK_CAPABILITIES)[number]> = new Set([
  ...LINK_CAPABILITIES,
  "listen" as const,
]);
