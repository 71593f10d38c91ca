/**
 * The account of one connection's bytes, at one moment. All fields are counts of bytes, and they
 * balance at every moment: `accepted = sent + unsent + dropped`, `received = delivered +
 * undelivered`.
 *
 * A layer counts its own plaintext, once the layer below counts the bytes that carry it.
 *
 * @clause ledger.balances ledger.exact ledger.unsent ledger.undelivered
 */
export interface Ledger {
  /** Given to `write` or `writeSequence` before `connectionLost`. */
  readonly accepted: number;
  /**
   * Handed to the kernel, or to the queue, thread or process in its place.
   * **Not promised:** that the peer has them.
   */
  readonly sent: number;
  /** Accepted and not sent: still queued, or, after the end, lost with the connection. */
  readonly unsent: number;
  /** Accepted when nothing could be sent any more: written after a close without a producer. */
  readonly dropped: number;
  /** Taken from the wire. */
  readonly received: number;
  /** Given to a protocol. */
  readonly delivered: number;
  /** Received and not delivered: waiting for a paused reader, or discarded while closing. */
  readonly undelivered: number;
  /**
   * The part of `unsent` that the wire was sending; a portable driver cannot tell how much left.
   */
  readonly inFlight: number;
}
