import type {
  Address,
  CloseReason,
  Endpoint,
  EndpointOptions,
  ListeningPort,
  Protocol,
  ServerEndpoint,
  Transport,
} from "../../contract/index.ts";
import type { Place } from "../wire-under-test.ts";
import type { Fault } from "./fault.ts";
import { broken } from "./fault.ts";

/** Faults of listening and connecting. */
export const brokenEndpoints: readonly Fault[] = [
  broken("endpoint.listen", "the factory is told a wrong peer", {
    place: (place) => ({
      ...place,
      server: {
        listen: (factory, options) => {
          const elsewhere: Address = { kind: "memory", name: "somebody else" };
          return place.server.listen(() => factory(elsewhere), options);
        },
      },
    }),
  }),
  connecting("endpoint.connectResolves", "connect resolves when data has come", {
    after: (runtime) => new Promise((resolve) => void runtime.after(1000, resolve)),
  }),
  connecting("endpoint.refused", "a refused protocol is told connectionLost", {
    failed: (protocol, error) => {
      protocol.connectionLost(NEVER_MADE);
      throw error;
    },
  }),
  connecting("endpoint.cancel", "the signal is not looked at", {
    options: ({ onError }) => (onError === undefined ? {} : { onError }),
  }),
  broken("endpoint.factoryRefuses", "a factory that throws ends the listening", {
    place: (place) => ({
      ...place,
      server: {
        listen: async (factory, options) => {
          const port = await place.server.listen((peer) => {
            try {
              return factory(peer);
            } catch (error) {
              void port.stopListening();
              throw error;
            }
          }, options);
          return port;
        },
      },
    }),
  }),
  broken("endpoint.stopListening", "stopListening cuts the connections", {
    place: (place) => {
      const made: Transport[] = [];
      const listen: ServerEndpoint["listen"] = async (factory, options) => {
        const port = await place.server.listen((peer) => noting(factory(peer), made), options);
        const stopListening = (): Promise<void> => {
          for (const transport of made.splice(0)) transport.loseConnection();
          return port.stopListening();
        };
        return changedPort(port, { stopListening });
      };
      return { ...place, server: { listen } };
    },
  }),
  broken("endpoint.inUse", "who listens where somebody listens shares the port", {
    place: (place) => ({
      ...place,
      leadingTo: (port) => ({
        connect: (protocol, options) => place.leadingTo(port).connect(protocol, options),
        listen: async () => port,
      }),
    }),
  }),
  connecting("endpoint.madeThrows", "connect resolves though connectionMade threw", {
    failed: (protocol) => protocol,
  }),
  broken("endpoint.pauseAccepting", "accepting cannot be paused", {
    place: (place) => ({
      ...place,
      server: {
        listen: async (factory, options) => {
          const port = await place.server.listen(factory, options);
          return changedPort(port, { pauseAccepting: () => {} });
        },
      },
    }),
  }),
  broken("endpoint.maxConnections", "a listener takes any number of connections", {
    place: (place) => ({
      ...place,
      server: {
        listen: (factory, options) => place.server.listen(factory, { ...options, limits: {} }),
      },
    }),
  }),
];

interface ConnectChanges {
  readonly options?: (options: EndpointOptions) => EndpointOptions;
  readonly after?: (clock: { after(delayMs: number, task: () => void): unknown }) => Promise<void>;
  readonly failed?: (protocol: Protocol, error: unknown) => Protocol;
}

/** A fault in how connections are made. */
function connecting(caught: string, fault: string, changes: ConnectChanges): Fault {
  return broken(caught, fault, {
    place: (place: Place, { clock }) => ({
      ...place,
      leadingTo: (port) => {
        const right = place.leadingTo(port);
        const connect: Endpoint["connect"] = async (protocol, options = {}) => {
          try {
            await right.connect(protocol, changes.options?.(options) ?? options);
          } catch (error) {
            if (changes.failed === undefined) throw error;
            changes.failed(protocol, error);
          }
          await changes.after?.(clock);
          return protocol;
        };
        return { connect, listen: (factory, options) => right.listen(factory, options) };
      },
    }),
  });
}

/** `protocol`, with every transport it gets put into `made`. */
function noting(protocol: Protocol | null, made: Transport[]): Protocol | null {
  if (protocol === null) return null;
  return {
    connectionMade: (transport) => {
      made.push(transport);
      protocol.connectionMade(transport);
    },
    dataReceived: (data) => protocol.dataReceived(data),
    connectionLost: (reason) => protocol.connectionLost(reason),
  };
}

function changedPort(port: ListeningPort, changes: Partial<ListeningPort>): ListeningPort {
  return {
    getHost: () => port.getHost(),
    get connections() {
      return port.connections;
    },
    pauseAccepting: () => port.pauseAccepting(),
    resumeAccepting: () => port.resumeAccepting(),
    closed: port.closed,
    stopListening: () => port.stopListening(),
    [Symbol.asyncDispose]: () => port[Symbol.asyncDispose](),
    ...changes,
  };
}

const NEVER_MADE: CloseReason = {
  kind: "lost",
  by: "wire",
  ledger: {
    accepted: 0,
    sent: 0,
    unsent: 0,
    dropped: 0,
    received: 0,
    delivered: 0,
    undelivered: 0,
    inFlight: 0,
  },
};
