import type { Address } from "./address.ts";
import type { Bytes } from "./bytes.ts";
import type { CloseReason } from "./close-reason.ts";
import type { Transport } from "./transport.ts";

/**
 * What is told of one connection, in this order: `connectionMade` once, then any number of
 * `dataReceived` and at most one each of `readConnectionLost` and `writeConnectionLost`, then
 * `connectionLost` once, last.
 *
 * A method that throws, or returns a promise that rejects, has its own connection aborted with that
 * error as the reason; never the process, never another connection.
 *
 * @clause protocol.once protocol.throws protocol.rejects protocol.throwsInHalves
 * @clause protocol.throwsAtEnd
 * @see twisted.internet.interfaces.IProtocol
 */
export interface Protocol<in T extends Transport = Transport> {
  /**
   * The connection is there, every handshake beneath it done. No data comes before this returns.
   */
  readonly connectionMade: (transport: T) => void;

  /**
   * Bytes arrived, in order. Never empty. Where one chunk ends and the next begins means nothing.
   *
   * @param data yours for ever; its memory is never reused while a view of it lives.
   * @clause read.neverEmpty read.keptForEver read.pinsLittle
   */
  readonly dataReceived: (data: Bytes) => void;

  /** The connection is over, and this is why. Nothing is called after this. */
  readonly connectionLost: (reason: CloseReason) => void;

  /**
   * The peer ended its direction; all it sent has been delivered.
   *
   * Present: the connection stays half-open and the protocol ends its own direction when it likes.
   * Absent: the peer's end is a `loseConnection` on the protocol's behalf; what is queued is still
   * sent, and a registered producer goes on and holds the close.
   *
   * @clause halfClose.lateReply halfClose.endTwice peerEnd.flushes peerEnd.producerHolds
   * @see twisted.internet.interfaces.IHalfCloseableProtocol.readConnectionLost
   */
  readonly readConnectionLost?: () => void;

  /**
   * Our direction has ended: after `loseWriteConnection`, or because the peer takes no more.
   *
   * Not called once `loseConnection` was.
   *
   * @clause halfClose.told halfClose.untoldWhenClosing
   * @see twisted.internet.interfaces.IHalfCloseableProtocol.writeConnectionLost
   */
  readonly writeConnectionLost?: () => void;
}

/**
 * Makes the protocol of a new connection; `null` refuses it, and it is closed at once.
 *
 * Called when every handshake is done, with the true peer. One that throws refuses too, and the
 * error goes to `onError`.
 */
export type ProtocolFactory<T extends Transport = Transport> = (
  peer: Address,
) => Protocol<T> | null;
