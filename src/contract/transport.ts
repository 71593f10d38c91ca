import type { Address } from "./address.ts";
import type { Bytes } from "./bytes.ts";
import type { Capability } from "./capabilities.ts";
import type { Ledger } from "./ledger.ts";
import type { ConnectionLimits } from "./limits.ts";
import type { Consumer, PushProducer } from "./producer.ts";
import type { Protocol } from "./protocol.ts";

/**
 * A transport for bytes: takes what you write, tells the protocol what it reads, and loses nothing.
 *
 * What is written is thrown over the wall: the transport decides when it leaves. It never calls its
 * protocol from inside a call that the protocol makes on it, and the network never makes one of
 * these methods throw. It is also a push producer of what it reads, so that two transports can be
 * joined by registering each with the other.
 *
 * @clause reentry.write reentry.close reentry.closeHalfClosed reentry.resume reentry.microtask
 * @clause capability.told capability.refused
 * @see twisted.internet.interfaces.ITransport
 */
export interface Transport extends Consumer, PushProducer {
  /**
   * Queues `data` behind everything queued before it.
   *
   * Every byte is accepted; none is reordered, duplicated, truncated or dropped while the
   * connection
   * lives. Writes of one turn leave together. An empty chunk is a complete no-op.
   * **Not promised:** when it leaves, or that the peer gets it. See `flushed` and the ledger.
   *
   * - After `loseConnection` or `loseWriteConnection`: sent while a producer is registered,
   *   otherwise
   *   ignored and counted as `dropped`. After `connectionLost`: ignored.
   * - With a push producer registered, `pauseProducing` may be called before this returns.
   *
   * @param data borrowed until `flushed()` settles or `connectionLost` runs; do not change it
   *   meanwhile.
   * @throws {TypeError} when `data` is not a `Uint8Array`, whatever the state.
   * @throws {ClosedError} ERR_WIRE_CLOSED when a layer has taken this transport over.
   * @clause write.order write.whole write.bothWays write.nested write.fromDataReceived write.empty
   * @clause write.bytesOnly write.untouched write.ownedAfterFlush write.coalesces
   * @clause write.afterClose write.afterLost
   * @see twisted.internet.interfaces.ITransport.write
   */
  write(data: Bytes): void;

  /**
   * The same as writing each element in order.
   *
   * The iterable is read once, before any effect: if one element is not bytes, nothing is written.
   *
   * @throws {TypeError} when `data` is not iterable or an element is not a `Uint8Array`.
   * @clause writeSequence.order writeSequence.allOrNothing writeSequence.lazyIterable
   * @see twisted.internet.interfaces.ITransport.writeSequence
   */
  writeSequence(data: Iterable<Bytes>): void;

  /**
   * Closes the connection once everything written so far has been sent, and reaches the peer with
   * it.
   *
   * Returns at once. Flushes, ends the sending side, then reads and discards until the peer ends,
   * so
   * that a peer still talking cannot turn the close into a reset that destroys data on its way.
   * From this call on the protocol receives no more data; it ends in one `connectionLost`.
   *
   * - With a producer registered, push or pull, paused or not: waits until it is unregistered.
   * - Bounds: `stallMs` while bytes are queued; `lingerIdleMs` and `lingerTotalMs` afterwards.
   * - Called twice, or after the end: nothing more happens.
   *
   * Never throws.
   *
   * @clause close.flushes close.flushesInMade close.chatty close.silentAfter close.twice
   * @clause close.waitsForProducer close.waitsForPullProducer close.fromDataReceived
   * @clause close.whilePaused close.byBoth
   * @see twisted.internet.interfaces.ITransport.loseConnection
   */
  loseConnection(): void;

  /**
   * The other end, the same value before and after the loss. @clause address.stable address.value
   */
  getPeer(): Address;

  /** Our end, the same value before and after the loss. @clause address.stable */
  getHost(): Address;

  /**
   * Stops `dataReceived` until `resumeProducing`, and the wire's reading with it.
   *
   * Takes effect at once: not one more chunk is delivered. The peer's end waits too.
   *
   * @clause read.pauseHolds read.pauseInMade read.endWaits backPressure.slowReader
   */
  pauseProducing(): void;

  /**
   * Delivers again, in a later turn. Without a pause, or while closing: nothing happens.
   *
   * @clause read.resumeDelivers read.toggled
   */
  resumeProducing(): void;

  /** The same as `loseConnection`. */
  stopProducing(): void;

  /**
   * Settles when all that was accepted before this call is `sent` or `dropped`.
   *
   * Rejects with a ClosedError (ERR_WIRE_CLOSED) when the connection ends with some of it unsent. A
   * promise that nobody looks at never becomes an unhandled rejection.
   * **Not promised:** that the peer has received it.
   *
   * @clause flushed.resolves flushed.notEarly flushed.rejects flushed.rejectsWhenCut
   */
  flushed(): Promise<void>;

  /** A snapshot of the account. @clause ledger.balances */
  readonly ledger: Ledger;

  /** What this wire can do beyond the five methods. */
  readonly capabilities: ReadonlySet<Capability>;

  /**
   * Gives this connection to another protocol.
   *
   * The current protocol is told nothing more, from this call on. In a later turn `next` gets
   * `connectionMade(transport)`, then `early`, then what is unread; always that first, even if the
   * connection has ended meanwhile. What was written before stays ahead. A registered producer is
   * stopped and forgotten; pauses start anew. `connectionLost` goes to `next` only.
   *
   * @param early bytes the current protocol was given and did not use; not counted again.
   * @throws {ClosedError} ERR_WIRE_CLOSED on a closing or ended connection.
   * @throws {BusyError} ERR_WIRE_BUSY when an earlier switch has not taken effect yet.
   * @clause switch.order switch.early switch.producer switch.pauseAnew switch.ended
   * @clause switch.busy switch.closed switch.ourEnd
   */
  switchProtocol(next: Protocol, early?: Bytes): void;

  /**
   * Changes limits of this connection from now on; those not named stay.
   *
   * @throws {RangeError} when a value is not a number of the stated range.
   * @clause limit.checked
   */
  setLimits(limits: Partial<ConnectionLimits>): void;
}
