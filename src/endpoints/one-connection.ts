import type {
  Address,
  ClientEndpoint,
  Endpoint,
  EndpointOptions,
  ListeningPort,
  ProtocolFactory,
  Transport,
} from "../contract/index.ts";
import { isAbortable } from "../contract/index.ts";
import { defaultOnError, observe } from "../flow/index.ts";

/**
 * An endpoint that can only connect, to stand where one listens as well: there it serves one
 * connection, which it makes in the turn after `listen`, and `closed` settles when that is over.
 */
export function oneConnection(client: ClientEndpoint, host: Address): Endpoint {
  return {
    connect: (protocol, options) => client.connect(protocol, options),
    listen: async (factory, options = {}) => {
      options.signal?.throwIfAborted();
      return new OneConnectionPort(client, host, factory, options);
    },
  };
}

class OneConnectionPort implements ListeningPort {
  readonly closed: Promise<Error | null>;
  readonly #host: Address;
  readonly #cancel: AbortController = new AbortController();
  #close!: (error: Error | null) => void;
  #connections = 0;

  constructor(
    client: ClientEndpoint,
    host: Address,
    factory: ProtocolFactory,
    options: EndpointOptions,
  ) {
    this.#host = host;
    this.closed = new Promise((resolve) => (this.#close = resolve));
    setImmediate(() => void this.#serve(client, factory, options));
  }

  getHost(): Address {
    return this.#host;
  }

  get connections(): number {
    return this.#connections;
  }

  /** There is one connection, and it is there already. */
  pauseAccepting(): void {}

  resumeAccepting(): void {}

  async stopListening(): Promise<void> {
    this.#cancel.abort(new Error("it listens no more"));
    if (this.#connections === 0) this.#close(null);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stopListening();
  }

  async #serve(
    client: ClientEndpoint,
    factory: ProtocolFactory,
    options: EndpointOptions,
  ): Promise<void> {
    const doorkeeper = {
      connectionMade: (transport: Transport) => this.#admit(transport, factory, options),
      dataReceived: () => undefined,
      connectionLost: () => undefined,
    };
    try {
      await client.connect(doorkeeper, { ...options, signal: this.#cancel.signal });
    } catch (error) {
      const isStopped = this.#cancel.signal.aborted;
      this.#close(isStopped || !(error instanceof Error) ? null : error);
    }
  }

  #admit(transport: Transport, factory: ProtocolFactory, { onError }: EndpointOptions): void {
    this.#connections = 1;
    observe(transport, {
      ended: () => {
        this.#connections = 0;
        setImmediate(() => this.#close(null));
      },
    });
    try {
      const protocol = factory(transport.getPeer());
      if (protocol !== null) {
        transport.switchProtocol(protocol);
        return;
      }
    } catch (error) {
      (onError ?? defaultOnError)(error, { during: "factory", peer: transport.getPeer() });
    }
    if (isAbortable(transport)) transport.abortConnection();
    else transport.loseConnection();
  }
}
