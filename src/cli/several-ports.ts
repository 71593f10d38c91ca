import type {
  Address,
  Endpoint,
  EndpointOptions,
  ListeningPort,
  ProtocolFactory,
  ServerEndpoint,
} from "../contract/index.ts";

/**
 * Listening on all of `endpoints` as on one: what cannot be listened on stops those before it.
 *
 * @param listening told of each port as soon as it is there, and which endpoint it is of.
 */
export function listenOnAll(
  endpoints: readonly Endpoint[],
  listening: (port: ListeningPort, index: number) => void,
): ServerEndpoint {
  return {
    listen: async (factory: ProtocolFactory, options?: EndpointOptions) => {
      const ports: ListeningPort[] = [];
      try {
        for (const [index, endpoint] of endpoints.entries()) {
          const port = await endpoint.listen(factory, options);
          ports.push(port);
          listening(port, index);
        }
      } catch (error) {
        await stopAll(ports);
        throw error;
      }
      return new SeveralPorts(ports);
    },
  };
}

/** Settles with the first error that ends one of `ports`, or with `null` when all have ended. */
export async function endOfAll(ports: readonly ListeningPort[]): Promise<Error | null> {
  return await new Promise((resolve) => {
    for (const { closed } of ports) {
      void closed.then((error) => {
        if (error !== null) resolve(error);
      });
    }
    void Promise.all(ports.map(({ closed }) => closed)).then(() => resolve(null));
  });
}

async function stopAll(ports: readonly ListeningPort[]): Promise<void> {
  await Promise.all(ports.map((port) => port.stopListening()));
}

class SeveralPorts implements ListeningPort {
  readonly #ports: readonly ListeningPort[];
  readonly closed: Promise<Error | null>;

  constructor(ports: readonly ListeningPort[]) {
    this.#ports = ports;
    this.closed = endOfAll(ports);
  }

  /** The first one's. */
  getHost(): Address {
    const [first] = this.#ports;
    if (first === undefined) throw new RangeError("Cannot tell where it listens: on nothing");
    return first.getHost();
  }

  get connections(): number {
    return this.#ports.reduce((sum, { connections }) => sum + connections, 0);
  }

  pauseAccepting(): void {
    for (const port of this.#ports) port.pauseAccepting();
  }

  resumeAccepting(): void {
    for (const port of this.#ports) port.resumeAccepting();
  }

  async stopListening(): Promise<void> {
    await stopAll(this.#ports);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stopListening();
  }
}
