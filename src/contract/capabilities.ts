import type { Bytes } from "./bytes.ts";
import type { Transport } from "./transport.ts";

/** The names of what a wire may or may not be able to do. Third parties add theirs by merging. */
export interface CapabilityNames {
  /** `abortConnection` is there. */
  readonly abort: true;
  /** The peer can tell our abort from an end. */
  readonly abortVisible: true;
  /** An end is a mark of its own: without it the peer's end is told as ERR_WIRE_TRUNCATED. */
  readonly endMark: true;
  /** `loseWriteConnection` is there, and the peer's end leaves our direction open. */
  readonly halfClose: true;
  /** A close reads and discards until the peer ends, within the linger bounds. */
  readonly linger: true;
  /** A reader that stops reading holds the writer back, sooner or later. */
  readonly backPressure: true;
  /** The wire can be listened on, and refused. */
  readonly listen: true;
  /** Open descriptors travel with the bytes. */
  readonly descriptors: true;
  /** `detach` is there: the live connection can be given away. */
  readonly detach: true;
}

export type Capability = keyof CapabilityNames;

/** A transport that can be cut at once. */
export interface Abortable {
  /**
   * Ends the connection now, discarding what is queued in both directions.
   *
   * Nothing more is sent from the moment this is called; `connectionLost` follows in a later turn
   * with `aborted` by `us`. On TCP the peer sees a reset; where the wire has none (capability
   * `abortVisible` absent), a plain end, which is told from an orderly one with
   * `endMark`. Called twice, or after the end: nothing more happens.
   *
   * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED on a wire without the capability `abort`.
   * @clause abort.discards abort.laterTurn abort.silentAfter abort.twice abort.whileClosing
   * @clause abort.visible
   * @see twisted.internet.interfaces.ITCPTransport.abortConnection
   */
  abortConnection(): void;
}

/** A transport whose two directions end separately. */
export interface HalfCloseable {
  /**
   * Ends our direction once everything written has been sent; reading goes on.
   *
   * Waits for a registered producer. Afterwards `writeConnectionLost` is called, and writes are
   * ignored and counted as dropped. Called twice, or while closing: nothing more happens.
   *
   * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED on a wire without the capability `halfClose`.
   * @clause halfClose.readingGoesOn halfClose.waitsForProducer halfClose.twice
   * @clause halfClose.writesDropped halfClose.bothEnded halfClose.thenClose
   * @see twisted.internet.interfaces.ITCPTransport.loseWriteConnection
   */
  loseWriteConnection(): void;
}

/** A connection that was given away, as it stands. */
export interface Detached {
  /** The caller's, who closes it. Not watched, not blocking. */
  readonly fd: number;
  /** What was read and never delivered: it comes before anything that is read from `fd`. */
  readonly unread: Bytes;
}

/** A transport whose connection can be given away alive, to another process too. */
export interface Detachable {
  /**
   * Gives the live connection away, and loses no byte of it.
   *
   * From this call on the protocol is told nothing more, as with `switchProtocol`; a registered
   * producer is stopped, and `write` throws ERR_WIRE_CLOSED. What was written is sent first; what
   * the peer sends meanwhile stays in the socket, so that `unread` is no larger than what is read
   * ahead of a paused protocol. The ledger counts it as delivered. The peer notices nothing.
   *
   * A peer that takes nothing ends the wait after `stallMs`, or after 60 s where that is off, as
   * while closing; `abortConnection` ends it at once. **Not promised:** an end of the wait for a
   * peer that goes on taking a little.
   *
   * Rejects with a ClosedError (ERR_WIRE_CLOSED) on a closing connection, or one that ends before,
   * with the error that ended it as `cause`; with ERR_WIRE_BUSY while another protocol is taking
   * over; with ERR_WIRE_UNSUPPORTED where the capability `detach` is absent. After a rejection
   * while sending, the connection has ended.
   */
  detach(): Promise<Detached>;
}

/** Whether `transport` can be aborted, as its capabilities say. */
export function isAbortable<T extends Transport>(transport: T): transport is T & Abortable {
  return transport.capabilities.has("abort") && "abortConnection" in transport;
}

/** Whether the directions of `transport` end separately, as its capabilities say. */
export function isHalfCloseable<T extends Transport>(transport: T): transport is T & HalfCloseable {
  return transport.capabilities.has("halfClose") && "loseWriteConnection" in transport;
}
