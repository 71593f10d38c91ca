import type {
  Address,
  ClientEndpoint,
  Clock,
  EndpointOptions,
  ListeningPort,
  Runtime,
  ServerEndpoint,
} from "../contract/index.ts";
import { defaultOnError } from "../flow/default-on-error.ts";
import { systemRuntime } from "../flow/index.ts";
import { HALF_OPEN_IDLE_MS } from "./join.ts";
import type { Taps } from "./joint.ts";
import { RelayedConnection } from "./relayed-connection.ts";
import type { JoinReport } from "./report.ts";

/** What a relay tells of each accepted connection: `opened`, then `closed`; or `failed` alone. */
export interface RelayEvents {
  /** Both sides are there; bytes begin to flow. */
  opened?(connection: RelayedConnection): void;
  /** Both sides are over. */
  closed?(connection: RelayedConnection, report: JoinReport): void;
  /** The second side could not be connected, or the first one was over before that. */
  failed?(connection: RelayedConnection, error: unknown): void;
}

export interface RelayOptions extends Omit<EndpointOptions, "observer"> {
  readonly events?: RelayEvents;
  /** How many connections are relayed at once; beyond it accepting pauses. */
  readonly maxConnections?: number;
  /** After one side's end: how long the way back may carry nothing. Default 60 s. */
  readonly halfOpenIdleMs?: number;
  /** Whether the driver may carry bytes by itself, as for `join`. Default true. */
  readonly shortcut?: boolean;
  /** Makes the taps of each connection. */
  readonly taps?: (connection: RelayedConnection) => Taps;
  readonly runtime?: Runtime;
}

/** A relay at work. Disposing it is `close()`. */
export interface Relay extends AsyncDisposable {
  /** Where it listens. */
  getHost(): Address;
  /** Those that are there now, those that wait for their second side included. */
  readonly connections: readonly RelayedConnection[];
  /** Settles, and never rejects, when listening is over: `null`, or the error that ended it. */
  readonly closed: Promise<Error | null>;
  /**
   * Stops listening, gives the connections `graceMs` (default 10 s) to end by themselves, then
   * aborts the rest, and resolves to those it cut when all are over.
   */
  close(options?: {
    readonly graceMs?: number;
  }): Promise<{ readonly cut: readonly RelayedConnection[] }>;
}

/**
 * Joins every connection to `from` with a new one to `onto`.
 *
 * An accepted connection is not read until its second side is there. When that fails, the accepted
 * one is aborted, so that its peer can tell; the error goes to `events.failed`, or to `onError`
 * where there is none.
 *
 * @throws {WireError} what `listen` throws: ERR_WIRE_ADDRESS_IN_USE, ERR_WIRE_PERMISSION …
 */
export async function relay(
  from: ServerEndpoint,
  onto: ClientEndpoint,
  options: RelayOptions = {},
): Promise<Relay> {
  const live = new Map<RelayedConnection, Promise<void>>();
  const { clock } = options.runtime ?? systemRuntime();
  const events = options.events ?? {};
  let serial = 0;
  const accept = (client: Address): RelayedConnection => {
    serial += 1;
    const connection = new RelayedConnection({ serial, client, clock, ...settings });
    live.set(connection, watch(connection));
    return connection;
  };
  const onError = options.onError ?? defaultOnError;
  const watch = async (connection: RelayedConnection): Promise<void> => {
    const outcome = await connection.run(onto, connectOptions(options)).then(
      (report) => () => events.closed?.(connection, report),
      (error: unknown) => () => {
        if (events.failed !== undefined) events.failed(connection, error);
        else onError(error, { during: "relay", peer: connection.client });
      },
    );
    live.delete(connection);
    try {
      outcome();
    } catch (error) {
      onError(error, { during: "relay", peer: connection.client });
    }
  };
  const settings = {
    halfOpenIdleMs: options.halfOpenIdleMs ?? HALF_OPEN_IDLE_MS,
    ...(options.shortcut === undefined ? {} : { shortcut: options.shortcut }),
    ...(options.taps === undefined ? {} : { taps: options.taps }),
    onJoined: (connection: RelayedConnection) => events.opened?.(connection),
  };
  const port = await from.listen((client) => accept(client).accepted, listenOptions(options));
  return new RelayAtWork(port, live, clock);
}

const DRAIN_MS = 10_000;

class RelayAtWork implements Relay {
  readonly #port: ListeningPort;
  /** Each with the promise that settles when it is over. */
  readonly #live: ReadonlyMap<RelayedConnection, Promise<void>>;
  readonly #clock: Clock;

  constructor(
    port: ListeningPort,
    live: ReadonlyMap<RelayedConnection, Promise<void>>,
    clock: Clock,
  ) {
    this.#port = port;
    this.#live = live;
    this.#clock = clock;
  }

  getHost(): Address {
    return this.#port.getHost();
  }

  get connections(): readonly RelayedConnection[] {
    return [...this.#live.keys()];
  }

  get closed(): Promise<Error | null> {
    return this.#port.closed;
  }

  async close({ graceMs = DRAIN_MS }: { readonly graceMs?: number } = {}): Promise<{
    readonly cut: readonly RelayedConnection[];
  }> {
    await this.#port.stopListening();
    const cut: RelayedConnection[] = [];
    const cutRest = (): void => {
      for (const connection of this.#live.keys()) {
        cut.push(connection);
        connection.abort();
      }
    };
    const timer = this.#clock.after(graceMs, cutRest);
    while (this.#live.size > 0) await Promise.all(this.#live.values());
    timer[Symbol.dispose]();
    return { cut };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function listenOptions({ signal, onError, limits, maxConnections }: RelayOptions): EndpointOptions {
  return {
    ...(signal === undefined ? {} : { signal }),
    ...(onError === undefined ? {} : { onError }),
    limits: { ...limits, ...(maxConnections === undefined ? {} : { maxConnections }) },
  };
}

function connectOptions({ onError, limits }: RelayOptions): EndpointOptions {
  return {
    ...(onError === undefined ? {} : { onError }),
    ...(limits === undefined ? {} : { limits }),
  };
}
