import type {
  Abortable,
  Address,
  Bytes,
  Capability,
  ConnectionLimits,
  HalfCloseable,
  Ledger,
  Protocol,
  PullProducer,
  PushProducer,
  Transport,
} from "../contract/index.ts";
import {
  ClosedError,
  ProducerRegisteredError,
  resolveLimits,
  UnsupportedError,
} from "../contract/index.ts";
import { checkBytes, checkChunks, checkProducer, checkProtocol } from "../flow/index.ts";
import { joined } from "./pump.ts";

export interface StringTransportOptions {
  /** Our end. Default tcp://10.0.0.1:12345. */
  readonly host?: Address;
  /** The other end. Default tcp://192.168.1.1:54321. */
  readonly peer?: Address;
  /**
   * Whether pausing and resuming go on after a close, as a real transport lets them. Default no.
   */
  readonly lenient?: boolean;
}

/**
 * A transport that only records, for a protocol alone in a test: there is no peer and no turn.
 *
 * `value()` holds each write at once, as copied then. The flags say what was asked; nothing is done
 * about it: no delivery, no back-pressure, no pull of a producer, no `connectionLost`. It is
 * stricter than a wire so that a test notices: unregistering without a producer throws, and so does
 * pausing or resuming a connection that is closing.
 *
 * What is written after a close is recorded too; where a real wire would drop it, the ledger counts
 * it as `dropped`. Everything else counts as `sent` at once.
 *
 * @see twisted.internet.testing.StringTransport
 *
 * @example a protocol's greeting
 * ```ts
 * const transport = new StringTransport();
 * protocol.connectionMade(transport);
 * assert.deepEqual(transport.value(), encode("220 ready\r\n"));
 * ```
 */
export class StringTransport implements Transport, Abortable, HalfCloseable {
  /** Whom `switchProtocol` has given the transport to; a test may set it. */
  protocol: Protocol | null = null;
  /** Cleared only by the kind that tells its protocol of the end. */
  connected = true;
  /** `loseConnection` was called, or `abortConnection`. */
  disconnecting = false;
  /** `loseWriteConnection` was called. */
  writeDisconnecting = false;
  /** `abortConnection` was called. */
  disconnected = false;
  /** `abortConnection` was called, on either kind. */
  aborted = false;
  /** The registered producer. */
  producer: PushProducer | PullProducer | null = null;
  /** Whether it is a push producer; `null` without one. */
  streaming: boolean | null = null;
  /** What the protocol asked of the transport as a producer. */
  producerState: "producing" | "paused" | "stopped" = "producing";
  readonly capabilities: ReadonlySet<Capability> = new Set<Capability>(["abort", "halfClose"]);
  readonly #host: Address;
  readonly #peer: Address;
  readonly #lenient: boolean;
  #writes: Bytes[] = [];
  #accepted = 0;
  #dropped = 0;

  constructor(options: StringTransportOptions = {}) {
    this.#host = options.host ?? { kind: "tcp", host: "10.0.0.1", port: 12_345, family: 4 };
    this.#peer = options.peer ?? { kind: "tcp", host: "192.168.1.1", port: 54_321, family: 4 };
    this.#lenient = options.lenient ?? false;
  }

  /** All bytes written since the last `clear()`. */
  value(): Bytes {
    return joined(this.#writes);
  }

  /** The chunks written since the last `clear()`, none empty; a sequence is as many as it has. */
  get writes(): readonly Bytes[] {
    return [...this.#writes];
  }

  /** Forgets what was written; the ledger keeps counting. */
  clear(): void {
    this.#writes = [];
  }

  write(data: Bytes): void {
    this.#record([checkBytes("write", data)]);
  }

  writeSequence(data: Iterable<Bytes>): void {
    this.#record(checkChunks("writeSequence", data));
  }

  loseConnection(): void {
    this.disconnecting = true;
  }

  loseWriteConnection(): void {
    this.writeDisconnecting = true;
  }

  abortConnection(): void {
    this.disconnected = true;
    this.aborted = true;
    this.loseConnection();
  }

  getPeer(): Address {
    return this.#peer;
  }

  getHost(): Address {
    return this.#host;
  }

  /**
   * Stores `producer` and `streaming`; a pull producer is not resumed, the test does that.
   *
   * @throws {ProducerRegisteredError} ERR_WIRE_PRODUCER_REGISTERED when another one is registered.
   * @throws {TypeError} when `producer` lacks a method.
   */
  registerProducer(producer: PushProducer | PullProducer, streaming: boolean): void {
    checkProducer(producer, streaming);
    if (this.producer !== null) throw new ProducerRegisteredError();
    this.producer = producer;
    this.streaming = streaming;
  }

  /** @throws {TypeError} when none is registered. */
  unregisterProducer(): void {
    if (this.producer === null) {
      throw new TypeError("Cannot unregister a producer: none is registered");
    }
    this.producer = null;
    this.streaming = null;
  }

  /** @throws {ClosedError} ERR_WIRE_CLOSED once stopped; once closing, unless lenient. */
  pauseProducing(): void {
    this.#checkProducing("pause producing");
    this.producerState = "paused";
  }

  /** @throws {ClosedError} ERR_WIRE_CLOSED once stopped; once closing, unless lenient. */
  resumeProducing(): void {
    this.#checkProducing("resume producing");
    this.producerState = "producing";
  }

  stopProducing(): void {
    this.producerState = "stopped";
    this.loseConnection();
  }

  /** Resolves at once: nothing ever waits here. */
  flushed(): Promise<void> {
    return Promise.resolve();
  }

  get ledger(): Ledger {
    return {
      accepted: this.#accepted,
      sent: this.#accepted - this.#dropped,
      unsent: 0,
      dropped: this.#dropped,
      received: 0,
      delivered: 0,
      undelivered: 0,
      inFlight: 0,
    };
  }

  /** As on every transport, but there is no later turn: `next` is told before this returns. */
  switchProtocol(next: Protocol, early?: Bytes): void {
    checkProtocol(next);
    if (early !== undefined) checkBytes("switchProtocol", early);
    if (this.disconnecting || !this.connected) {
      throw new ClosedError("switch the protocol", { address: this.#host });
    }
    const { producer } = this;
    this.producer = null;
    this.streaming = null;
    this.producerState = "producing";
    this.protocol = next;
    producer?.stopProducing();
    next.connectionMade(this);
    if (early !== undefined && early.byteLength > 0) next.dataReceived(early);
  }

  /** Checks the limits; none of them acts. */
  setLimits(limits: Partial<ConnectionLimits>): void {
    resolveLimits(limits);
  }

  #record(chunks: readonly Bytes[]): void {
    for (const chunk of chunks) {
      if (chunk.byteLength === 0) continue;
      this.#writes.push(new Uint8Array(chunk));
      if (!this.connected) continue;
      this.#accepted += chunk.byteLength;
      if (this.#wouldDrop) this.#dropped += chunk.byteLength;
    }
  }

  get #wouldDrop(): boolean {
    const isEnding = this.disconnecting || this.writeDisconnecting;
    return this.disconnected || (isEnding && this.producer === null);
  }

  #checkProducing(attempt: string): void {
    const isClosing = this.disconnecting && !this.#lenient;
    if (this.producerState !== "stopped" && !isClosing) return;
    throw new ClosedError(attempt, { address: this.#host });
  }
}

/**
 * A `StringTransport` that tells its `protocol` of the end: `connectionLost`, once, synchronously,
 * inside the first `loseConnection` (reason done by us) or `abortConnection` (aborted by us).
 *
 * `disconnecting` stays false: what is asked is done. This is the one transport that calls its
 * protocol from inside a call; use a `loopback` where the order matters.
 *
 * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED from a close while `protocol` is not set.
 * @see twisted.internet.testing.StringTransportWithDisconnection: there an abort was a plain end.
 */
export class StringTransportWithDisconnection extends StringTransport {
  override loseConnection(): void {
    if (!this.connected) return;
    if (this.protocol === null) {
      throw new UnsupportedError("close the connection", "set the transport's protocol first");
    }
    this.connected = false;
    const kind = this.aborted ? "aborted" : "done";
    this.protocol.connectionLost({ kind, by: "us", ledger: this.ledger });
  }
}
