import type { Address, ListeningPort, OnError, Runtime, Transport } from "../contract/index.ts";
import { ClosedError } from "../contract/index.ts";
import { defaultOnError } from "../flow/default-on-error.ts";
import { systemRuntime } from "../flow/index.ts";
import { Connection } from "./connection.ts";
import { abortOrClose, cut } from "./cut.ts";
import type { Handler, ServeOptions } from "./serve.ts";

/** What `serve` gives: where it serves, how many, and how to stop. */
export interface Server extends AsyncDisposable {
  /** Where it listens; for an endpoint that only connects, our end of the one connection. */
  getHost(): Address;
  /** How many peers it has: those whose handler runs, and those whose connection is not over. */
  readonly connections: number;
  /**
   * Settles, and never rejects, when listening and all connections are over: `null`, or the error
   * that ended the listening.
   */
  readonly closed: Promise<Error | null>;
  /**
   * Stops listening, waits for the handlers and their connections to end, cuts the rest after
   * `graceMs` (10 s unless `serve` was told otherwise), and resolves when all connections are over.
   *
   * A handler that goes on after its connection was cut is not waited for; what it throws because
   * of the cut is not reported. Called again: a shorter grace counts. Never rejects.
   *
   * @throws {RangeError} at once, when `graceMs` is no number of at least 0.
   */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

/** One server at work. */
export class Serving<T extends Transport> implements Server {
  readonly closed: Promise<Error | null>;
  readonly #handler: Handler<T>;
  readonly #options: ServeOptions;
  readonly #graceMs: number;
  readonly #onError: OnError;
  readonly #runtime: Runtime;
  readonly #peers = new Set<Connection<T>>();
  /** Those that `close` cut: what their handlers say about it is no news. */
  readonly #cut = new WeakSet<Connection<T>>();
  #port: ListeningPort | null = null;
  #onlyPeer: Connection<T> | null = null;
  #listeningEnded: { readonly error: Error | null } | null = null;
  #stopped: Promise<void> | null = null;
  #isCutting = false;
  #isOver = false;
  #graces: Disposable[] = [];
  #settleClosed!: (error: Error | null) => void;

  constructor(handler: Handler<T>, options: ServeOptions) {
    this.#handler = handler;
    this.#options = options;
    this.#graceMs = checkGrace(options.graceMs ?? GRACE_MS);
    this.#onError = options.onError ?? defaultOnError;
    this.#runtime = options.runtime ?? systemRuntime();
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
  }

  /** Makes the protocol of one peer. */
  readonly accept = (): Connection<T> =>
    new ServedConnection<T>(this.#options, (peer) => this.#made(peer));

  listens(port: ListeningPort): void {
    this.#port = port;
    void port.closed.then((error) => this.#listeningOver(error));
  }

  /** The endpoint has one other end, and this is it. */
  connected(peer: Connection<T>): void {
    this.#onlyPeer = peer;
    this.#listeningOver(null);
  }

  stopWith(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const stop = (): void => void this.close();
    signal.addEventListener("abort", stop, { once: true });
    void this.closed.then(() => signal.removeEventListener("abort", stop));
  }

  getHost(): Address {
    const host = this.#port?.getHost() ?? this.#onlyPeer?.host;
    if (host === undefined) throw new ClosedError("tell the address");
    return host;
  }

  get connections(): number {
    return this.#peers.size;
  }

  close(options: { readonly graceMs?: number } = {}): Promise<void> {
    return this.#close(checkGrace(options.graceMs ?? this.#graceMs));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(graceMs: number): Promise<void> {
    this.#stopped ??= this.#stopListening();
    if (graceMs === 0) this.#cutRest();
    else if (graceMs !== Infinity && !this.#isOver) {
      this.#graces.push(this.#runtime.clock.after(graceMs, () => this.#cutRest()));
    }
    await this.#stopped;
    await this.closed;
  }

  async #stopListening(): Promise<void> {
    if (this.#port === null) return this.#listeningOver(null);
    try {
      await this.#port.stopListening();
    } catch (error) {
      this.#report(error, "stopListening");
    }
  }

  #cutRest(): void {
    this.#isCutting = true;
    for (const peer of this.#peers) this.#cutPeer(peer);
  }

  #cutPeer(peer: Connection<T>): void {
    this.#cut.add(peer);
    cut(peer.transport);
    // A handler that goes on without its connection holds nobody up.
    void peer.closed.then(() => this.#forget(peer));
  }

  #made(peer: Connection<T>): void {
    this.#peers.add(peer);
    void this.#serve(peer);
    if (this.#isCutting) this.#cutPeer(peer);
  }

  /** Never rejects. */
  async #serve(peer: Connection<T>): Promise<void> {
    await Promise.resolve();
    try {
      await this.#handler(peer);
      void peer.close();
    } catch (error) {
      const isNoNews = this.#cut.has(peer) && error instanceof ClosedError;
      abortOrClose(peer);
      if (!isNoNews) this.#report(error, "handler", peer);
    }
    // One that was handed over only waits here, for whoever holds it now.
    await peer.closed;
    this.#forget(peer);
  }

  #forget(peer: Connection<T>): void {
    this.#peers.delete(peer);
    this.#settleIfOver();
  }

  #listeningOver(error: Error | null): void {
    this.#listeningEnded ??= { error };
    this.#settleIfOver();
  }

  #settleIfOver(): void {
    if (this.#listeningEnded === null || this.#peers.size > 0) return;
    for (const grace of this.#graces) grace[Symbol.dispose]();
    this.#graces = [];
    this.#isOver = true;
    this.#settleClosed(this.#listeningEnded.error);
  }

  #report(error: unknown, during: string, peer?: Connection<T>): void {
    const ends = peer === undefined ? {} : { host: peer.host, peer: peer.peer };
    try {
      this.#onError(error, { during, ...ends });
    } catch {
      // Whoever takes errors has failed, too; there is no place left to tell it.
    }
  }
}

/** A connection that says when it is made. */
class ServedConnection<T extends Transport> extends Connection<T> {
  readonly #made: (peer: Connection<T>) => void;

  constructor(options: ServeOptions, made: (peer: Connection<T>) => void) {
    super(options);
    this.#made = made;
  }

  override connectionMade(transport: T): void {
    super.connectionMade(transport);
    this.#made(this);
  }
}

function checkGrace(graceMs: number): number {
  if (graceMs >= 0) return graceMs;
  throw new RangeError(`Cannot wait ${graceMs} ms: graceMs must be a number of at least 0`);
}

const GRACE_MS = 10_000;
