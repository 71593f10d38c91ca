import type {
  Address,
  Capability,
  EndpointOptions,
  Limits,
  ListeningPort,
  OnError,
  ProtocolFactory,
  Transport,
} from "../../contract/index.ts";
import { LimitError, resolveLimits, WireError } from "../../contract/index.ts";
import type { FlowOptions } from "../../flow/index.ts";
import { defaultOnError } from "../../flow/index.ts";
import type { MakeTransport } from "./connect.ts";
import { flowOptions, openFlow } from "./open-wire.ts";
import type { Ends, RawServer, RawSocket, ServerSeat } from "./raw-socket.ts";

export interface Listening<T extends Transport> {
  readonly factory: ProtocolFactory<T>;
  readonly options: EndpointOptions;
  /**
   * How many connections wait here while accepting is paused, where the system cannot hold them.
   */
  readonly backlog: number;
  readonly capabilities: ReadonlySet<Capability>;
  readonly bind: () => Promise<Bound>;
  readonly transport: MakeTransport;
}

export interface Bound {
  readonly server: RawServer;
  readonly host: Address;
  /** Lets go of the name; the server is closed right after. */
  readonly release?: () => void;
}

/** Listens, and resolves when bound; the factory is first called in a later turn. */
export async function listenForSockets<T extends Transport>(
  listening: Listening<T>,
): Promise<ListeningPort> {
  if (typeof listening.factory !== "function") {
    throw new TypeError("listen() takes a function that makes a protocol");
  }
  const limits = resolveLimits(listening.options.limits);
  const { signal } = listening.options;
  signal?.throwIfAborted();
  const bound = await listening.bind();
  if (signal?.aborted === true) {
    bound.release?.();
    bound.server.close();
    throw signal.reason;
  }
  return new SocketPort(bound, { ...(listening as Listening<Transport>), limits });
}

interface Beginning extends Listening<Transport> {
  readonly limits: Limits;
}

/** A connection that is accepted, and not served yet. */
interface Arrival {
  readonly socket: RawSocket;
  readonly ends: Ends;
}

/**
 * A bound server and its connections. What arrives while it may not serve waits: in the system's
 * queue
 * where the driver can leave it there, otherwise here, accepted and unread; beyond `backlog` it is
 * closed, and `onError` is told.
 */
class SocketPort implements ListeningPort, ServerSeat {
  readonly closed: Promise<Error | null>;
  readonly #bound: Bound;
  readonly #listening: Listening<Transport>;
  readonly #limits: Limits;
  readonly #flowOptions: FlowOptions;
  readonly #onError: OnError;
  readonly #parked: Arrival[] = [];
  #settleClosed: (error: Error | null) => void = () => undefined;
  #connections = 0;
  #isPaused = false;
  #isServerPaused = false;
  /** `listen` has resolved, and a turn has passed. */
  #hasBegun = false;
  #isAdmitting = false;
  #stopped: Promise<void> | null = null;

  constructor(bound: Bound, { limits, ...listening }: Beginning) {
    this.#bound = bound;
    this.#listening = listening;
    this.#limits = limits;
    this.#onError = listening.options.onError ?? defaultOnError;
    this.closed = new Promise((settle) => {
      this.#settleClosed = settle;
    });
    const { factory, capabilities, options, transport } = listening;
    this.#flowOptions = flowOptions(options, {
      capabilities,
      accept: factory,
      limits,
      ended: this.#ended,
      transport,
    });
    setImmediate(() => {
      this.#hasBegun = true;
      if (this.#stopped !== null) return;
      this.#syncServer();
      bound.server.begin(this);
    });
  }

  getHost(): Address {
    return this.#bound.host;
  }

  get connections(): number {
    return this.#connections;
  }

  pauseAccepting(): void {
    this.#isPaused = true;
    this.#syncServer();
  }

  resumeAccepting(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#admitLater();
  }

  stopListening(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stopListening();
  }

  arrived(socket: RawSocket): void {
    const { ends } = socket;
    if (ends === null || this.#stopped !== null) {
      socket.discard();
      if (ends === null) this.#onError(gone(), { during: "accept", host: this.#bound.host });
    } else if (this.#canServe() && this.#parked.length === 0) {
      this.#serve({ socket, ends });
    } else if (this.#bound.server.isPausable || this.#parked.length < this.#listening.backlog) {
      this.#parked.push({ socket, ends });
    } else {
      socket.discard();
      const { host, peer } = ends;
      this.#onError(this.#tooMany(), { during: "accept", host, peer });
    }
  }

  failed(error: Error): void {
    this.#onError(error, { during: "accept", host: this.#bound.host });
  }

  /** The address is free at once; connections go on. */
  #stop(): Promise<void> {
    for (const { socket } of this.#parked.splice(0)) socket.discard();
    this.#bound.release?.();
    this.#bound.server.close();
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#settleClosed(null);
        resolve();
      });
    });
  }

  #canServe(): boolean {
    const isOpen = this.#hasBegun && !this.#isPaused && this.#stopped === null;
    return isOpen && this.#connections < this.#limits.maxConnections;
  }

  /** What cannot be served is left where it is, as far as the driver can. */
  #syncServer(): void {
    if (!this.#hasBegun || this.#stopped !== null) return;
    const isPaused = !this.#canServe() || this.#parked.length > 0;
    if (isPaused === this.#isServerPaused) return;
    this.#isServerPaused = isPaused;
    if (isPaused) this.#bound.server.pause();
    else this.#bound.server.resume();
  }

  #tooMany(): LimitError {
    const { backlog } = this.#listening;
    const what = "the number of connections waiting while accepting is paused";
    return new LimitError("take another connection", what, backlog, backlog + 1);
  }

  #admitLater(): void {
    if (this.#isAdmitting) return;
    this.#isAdmitting = true;
    setImmediate(() => {
      this.#isAdmitting = false;
      this.#admit();
    });
  }

  #admit(): void {
    while (this.#canServe()) {
      const arrival = this.#parked.shift();
      if (arrival === undefined) break;
      this.#serve(arrival);
    }
    this.#syncServer();
  }

  #serve({ socket, ends }: Arrival): void {
    this.#connections++;
    if (this.#connections === this.#limits.maxConnections) this.#syncServer();
    openFlow((facts) => socket.wire(facts, ends), this.#flowOptions);
  }

  readonly #ended = (): void => {
    this.#connections--;
    if (this.#isServerPaused || this.#parked.length > 0) this.#admitLater();
  };
}

function gone(): WireError {
  return new WireError("ERR_WIRE_RESET", "Cannot accept a connection: the peer had gone already");
}
