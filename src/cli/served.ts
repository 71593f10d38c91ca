import type {
  Address,
  CloseReason,
  Endpoint,
  EndpointOptions,
  ListeningPort,
  Protocol,
  Transport,
} from "../contract/index.ts";
import { isAbortable } from "../contract/index.ts";
import { observe } from "../flow/index.ts";
import { endOfAll } from "./several-ports.ts";

/** One connection that is served. */
export interface ServedConnection {
  readonly id: number;
  readonly peer: Address;
  readonly transport: Transport;
}

/**
 * Makes the protocol of a new connection, as a factory does; `null` refuses it.
 *
 * @param fail takes what goes wrong later and that the protocol cannot throw.
 */
export type Service = (peer: Address, fail: (error: unknown) => void) => Protocol | null;

export interface ServedEvents {
  opened(connection: ServedConnection): void;
  /** No protocol could be made for it, or what handled it threw: it is cut. */
  failed(connection: Pick<ServedConnection, "id" | "peer">, error: unknown): void;
  closed(connection: ServedConnection, reason: CloseReason): void;
}

/** A protocol served on any number of wires: who is there, and how they are let go. */
export class Served {
  readonly #service: Service;
  readonly #events: ServedEvents;
  readonly #ports: ListeningPort[] = [];
  readonly #live: Map<ServedConnection, Promise<void>> = new Map();
  #serial = 0;

  constructor(service: Service, events: ServedEvents) {
    this.#service = service;
    this.#events = events;
  }

  get connections(): readonly ServedConnection[] {
    return [...this.#live.keys()];
  }

  /** Settles with the first error that ends one of the ports, or `null` when all have ended. */
  get ended(): Promise<Error | null> {
    return endOfAll(this.#ports);
  }

  async listen(endpoint: Endpoint, options: EndpointOptions): Promise<ListeningPort> {
    const port = await endpoint.listen((peer) => this.#accept(peer), options);
    this.#ports.push(port);
    return port;
  }

  /** Stops listening, waits for those that are there, cuts the rest after `graceMs`; tells whom. */
  async close({ graceMs }: { readonly graceMs: number }): Promise<readonly ServedConnection[]> {
    await Promise.all(this.#ports.map((port) => port.stopListening()));
    const cut: ServedConnection[] = [];
    const cutRest = (): void => {
      for (const connection of this.#live.keys()) {
        cut.push(connection);
        if (isAbortable(connection.transport)) connection.transport.abortConnection();
        else connection.transport.loseConnection();
      }
    };
    const timer = graceMs === Infinity ? undefined : setTimeout(cutRest, graceMs);
    while (this.#live.size > 0) await Promise.all(this.#live.values());
    clearTimeout(timer);
    return cut;
  }

  #accept(peer: Address): Protocol | null {
    this.#serial += 1;
    const id = this.#serial;
    const fail = (error: unknown): void => this.#events.failed({ id, peer }, error);
    try {
      const protocol = this.#service(peer, fail);
      return protocol === null ? null : this.#watch(protocol, id, peer);
    } catch (error) {
      fail(error);
      return null;
    }
  }

  /** The same protocol, with its connection noted; what it lacks stays lacking. */
  #watch(protocol: Protocol, id: number, peer: Address): Protocol {
    return {
      connectionMade: (transport) => {
        this.#note({ id, peer, transport });
        return protocol.connectionMade(transport);
      },
      dataReceived: (data) => protocol.dataReceived(data),
      connectionLost: (reason) => protocol.connectionLost(reason),
      ...(protocol.readConnectionLost === undefined
        ? {}
        : { readConnectionLost: () => protocol.readConnectionLost?.() }),
      ...(protocol.writeConnectionLost === undefined
        ? {}
        : { writeConnectionLost: () => protocol.writeConnectionLost?.() }),
    };
  }

  /** By an observer, so that a protocol that hands its connection over is still counted. */
  #note(connection: ServedConnection): void {
    const over = new Promise<void>((resolve) => {
      observe(connection.transport, {
        ended: (reason) => {
          this.#live.delete(connection);
          this.#events.closed(connection, reason);
          resolve();
        },
      });
    });
    this.#live.set(connection, over);
    this.#events.opened(connection);
  }
}
