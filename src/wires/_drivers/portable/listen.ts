import type { ListenOptions, Server, Socket } from "node:net";
import { createServer } from "node:net";
import type {
  Address,
  Capability,
  EndpointOptions,
  Limits,
  ListeningPort,
  OnError,
  ProtocolFactory,
  Transport,
} from "../../../contract/index.ts";
import { LimitError, resolveLimits, WireError } from "../../../contract/index.ts";
import { defaultOnError } from "../../../flow/index.ts";
import type { MakeTransport } from "./begin-flow.ts";
import { beginFlow } from "./begin-flow.ts";
import type { SocketWireOptions } from "./socket-wire.ts";

export interface Listening<T extends Transport> {
  readonly factory: ProtocolFactory<T>;
  readonly options: EndpointOptions;
  /** How many connections wait: in the kernel, and here while accepting is paused. */
  readonly backlog: number;
  readonly capabilities: ReadonlySet<Capability>;
  /**
   * Binds the server, and says where it is bound; when that is gone, how to free it. May use
   * `listenOn`; what it leaves bound when it fails is let go.
   */
  readonly bind: (server: Server) => Promise<Bound>;
  /** Called the moment a socket is accepted; `null` when the peer has already gone. */
  readonly describe: (socket: Socket, host: Address) => SocketWireOptions | null;
  readonly transport: (socket: Socket) => MakeTransport;
}

export interface Bound {
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
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  const early: Socket[] = [];
  const keepEarly = (socket: Socket): void => void early.push(socket);
  server.on("connection", keepEarly);
  let bound: Bound | undefined;
  try {
    bound = await listening.bind(server);
    signal?.throwIfAborted();
  } catch (error) {
    bound?.release?.();
    if (server.listening) server.close();
    for (const socket of early) socket.destroy();
    throw error;
  }
  server.off("connection", keepEarly);
  return new SocketPort(server, bound, { ...(listening as Listening<Transport>), limits, early });
}

/** `server.listen` as a promise. */
export function listenOn(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const bound = (): void => {
      server.off("error", reject);
      resolve();
    };
    server.once("error", (error) => {
      server.off("listening", bound);
      reject(error);
    });
    server.once("listening", bound);
    server.listen(options);
  });
}

interface Beginning extends Listening<Transport> {
  readonly limits: Limits;
  /** Accepted before `listen` resolved. */
  readonly early: readonly Socket[];
}

interface Arrival {
  readonly socket: Socket;
  readonly described: SocketWireOptions;
}

/**
 * A bound server. Node accepts without end, so while accepting is paused what it accepts is parked
 * here unread: `backlog` of them; more are closed, and `onError` is told.
 */
class SocketPort implements ListeningPort {
  readonly closed: Promise<Error | null>;
  readonly #server: Server;
  readonly #bound: Bound;
  readonly #listening: Listening<Transport>;
  readonly #limits: Limits;
  readonly #onError: OnError;
  readonly #parked: Arrival[] = [];
  #settleClosed: (error: Error | null) => void = () => undefined;
  #connections = 0;
  #isPaused = false;
  /** `listen` has resolved, and a turn has passed. */
  #hasBegun = false;
  #stopped: Promise<void> | null = null;

  constructor(server: Server, bound: Bound, { limits, early, ...listening }: Beginning) {
    this.#server = server;
    this.#bound = bound;
    this.#listening = listening;
    this.#limits = limits;
    this.#onError = listening.options.onError ?? defaultOnError;
    this.closed = new Promise((settle) => {
      this.#settleClosed = settle;
    });
    server.on("connection", this.#arrived);
    server.on("error", (error) => this.#onError(error, { during: "accept", host: bound.host }));
    for (const socket of early) this.#arrived(socket);
    setImmediate(() => {
      this.#hasBegun = true;
      this.#admit();
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
  }

  resumeAccepting(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    setImmediate(() => this.#admit());
  }

  stopListening(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stopListening();
  }

  /** The server's own callback would wait for the connections; the address is free at once. */
  #stop(): Promise<void> {
    for (const { socket } of this.#parked.splice(0)) socket.destroy();
    this.#bound.release?.();
    this.#server.close();
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#settleClosed(null);
        resolve();
      });
    });
  }

  get #canServe(): boolean {
    const isOpen = this.#hasBegun && !this.#isPaused && this.#stopped === null;
    return isOpen && this.#connections < this.#limits.maxConnections;
  }

  readonly #arrived = (socket: Socket): void => {
    socket.on("error", ignored);
    const described = this.#listening.describe(socket, this.#bound.host);
    if (described === null || this.#stopped !== null) {
      socket.destroy();
      if (described === null) this.#onError(gone(), { during: "accept", host: this.#bound.host });
    } else if (this.#canServe && this.#parked.length === 0) {
      this.#serve({ socket, described });
    } else if (this.#parked.length < this.#listening.backlog) {
      this.#parked.push({ socket, described });
    } else {
      socket.destroy();
      this.#onError(this.#tooMany(), { during: "accept", ...described });
    }
  };

  #tooMany(): LimitError {
    const { backlog } = this.#listening;
    const what = "the number of connections waiting while accepting is paused";
    return new LimitError("take another connection", what, backlog, backlog + 1);
  }

  #admit(): void {
    while (this.#canServe) {
      const arrival = this.#parked.shift();
      if (arrival === undefined) return;
      this.#serve(arrival);
    }
  }

  #serve({ socket, described }: Arrival): void {
    const { factory, capabilities, options, transport } = this.#listening;
    this.#connections++;
    beginFlow(socket, described, options, {
      capabilities,
      accept: factory,
      limits: this.#limits,
      ended: () => {
        this.#connections--;
        if (this.#parked.length > 0) setImmediate(() => this.#admit());
      },
      transport: transport(socket),
    });
  }
}

function gone(): WireError {
  return new WireError("ERR_WIRE_RESET", "Cannot accept a connection: the peer had gone already");
}

/** What happens to a socket that nobody serves yet; its wire tells it later, if it is served. */
function ignored(): void {}
