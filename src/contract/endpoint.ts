import type { Address } from "./address.ts";
import type { Limits } from "./limits.ts";
import type { Observer, OnError } from "./observer.ts";
import type { Protocol, ProtocolFactory } from "./protocol.ts";
import type { Transport } from "./transport.ts";

/** What every call that waits takes. */
export interface EndpointOptions {
  /** Aborting it before the result is there rejects with its reason and leaves nothing behind. */
  readonly signal?: AbortSignal;
  /** Takes errors that have no other place. Default: one line on stderr. */
  readonly onError?: OnError;
  /** Watches every connection made by this call; or a function that makes an observer for each. */
  readonly observer?: Observer | (() => Observer);
  readonly limits?: Partial<Limits>;
}

/** Can make connections. @see twisted.internet.interfaces.IStreamClientEndpoint */
export interface ClientEndpoint<T extends Transport = Transport> {
  /** The host that was asked for, where there is one: whom a layer above proves the peer to be. */
  readonly peerName?: string;

  /**
   * Resolves to `protocol` when its `connectionMade` has returned; no `dataReceived` comes before
   * the promise's microtasks have run. Each call is a new attempt.
   *
   * @throws {WireError} REFUSED, RESOLVE, TIMEOUT, PERMISSION … naming every attempt made.
   * @throws the signal's reason when aborted before `connectionMade`.
   * @clause endpoint.connectResolves endpoint.refused endpoint.cancel endpoint.madeThrows
   */
  connect<P extends Protocol<T>>(protocol: P, options?: EndpointOptions): Promise<P>;
}

/** Can take connections. @see twisted.internet.interfaces.IStreamServerEndpoint */
export interface ServerEndpoint<T extends Transport = Transport> {
  /**
   * Resolves when bound; the factory's first call is in a later turn.
   *
   * @throws {WireError} ADDRESS_IN_USE, PERMISSION … when it cannot bind.
   * @clause endpoint.listen endpoint.factoryRefuses endpoint.inUse
   */
  listen(factory: ProtocolFactory<T>, options?: EndpointOptions): Promise<ListeningPort>;

  /**
   * Reads again what it was made from, such as certificates; there only where there is something.
   * Connections made afterwards get it, those that are there stay as they are.
   *
   * @throws what is wrong with it; what there was before stays in use.
   */
  reload?(): Promise<void>;
}

/** What `tcp(…)`, `unix(…)` and their like give. */
export interface Endpoint<T extends Transport = Transport>
  extends ClientEndpoint<T>,
    ServerEndpoint<T> {}

/** A place that takes connections. @see twisted.internet.interfaces.IListeningPort */
export interface ListeningPort extends AsyncDisposable {
  /** Where it is bound; keeps answering after it has stopped. */
  getHost(): Address;
  /** How many connections it serves now. @clause endpoint.maxConnections */
  readonly connections: number;
  /** Takes no more connections; those that come wait. @clause endpoint.pauseAccepting */
  pauseAccepting(): void;
  resumeAccepting(): void;
  /** Settles, and never rejects, when listening is over: `null`, or the error that ended it. */
  readonly closed: Promise<Error | null>;
  /**
   * Stops taking connections; resolves when the address is free. Neither closes connections nor
   * waits for them. Called twice: the same promise.
   *
   * @clause endpoint.stopListening
   */
  stopListening(): Promise<void>;
}
