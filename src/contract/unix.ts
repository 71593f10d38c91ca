import type { UnixAddress } from "./address.ts";
import type { Bytes } from "./bytes.ts";
import type { Abortable, HalfCloseable } from "./capabilities.ts";
import type { DriverName } from "./driver.ts";
import type { Protocol } from "./protocol.ts";
import type { Transport } from "./transport.ts";

/**
 * A connection over a UNIX-domain socket. There is no reset on these: a peer sees our abort as a
 * plain end (capability `abortVisible` is absent).
 *
 * @see twisted.internet.interfaces.IUNIXTransport
 */
export interface UnixTransport extends Transport, Abortable, HalfCloseable {
  /** Which driver carries it. */
  readonly driver: DriverName;
  getPeer(): UnixAddress;
  getHost(): UnixAddress;
  /**
   * Queues a duplicate of the open descriptor `fd` for the peer: made in this call, so that `fd`
   * may be closed right after it.
   *
   * It leaves with the next byte that is sent and that has none yet, one descriptor with each byte,
   * in order; with no byte to be sent, it waits for one. So it arrives no later than the bytes that
   * are written after it, if there are as many as descriptors. More than 64 waiting pause a push
   * producer. Descriptors are not counted in the ledger.
   *
   * The promise settles when it was handed over; it rejects with a ClosedError (ERR_WIRE_CLOSED)
   * when
   * it never will be: after a close was asked for, or when the connection ends. A close that finds
   * descriptors without a byte left goes on, and the reason is ERR_WIRE_DESCRIPTOR_OVERRUN. A
   * promise that nobody looks at never becomes an unhandled rejection.
   *
   * @throws {TypeError} {RangeError} when `fd` is not the number of an open descriptor.
   * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED without the capability `descriptors`.
   * @clause descriptor.overrun
   * @see twisted.internet.interfaces.IUNIXTransport.sendFileDescriptor: there the descriptor is not
   *   duplicated, and a turn without bytes ends the connection.
   */
  sendFileDescriptor(fd: number): Promise<void>;
  switchProtocol(next: Protocol<UnixTransport>, early?: Bytes): void;
}

/**
 * A protocol that takes the descriptors its peer sends.
 *
 * @see twisted.internet.interfaces.IFileDescriptorReceiver
 */
export interface DescriptorReceiver<in T extends Transport = UnixTransport> extends Protocol<T> {
  /**
   * A descriptor arrived, ahead of the bytes that it travelled with; in order. It is yours to
   * close, and close-on-exec. A protocol without this method has them closed.
   *
   * **Not promised:** that all bytes before those came first. The system joins what was not read in
   * time, and does not tell where in it a descriptor belongs.
   * @clause descriptor.ahead descriptor.paused descriptor.unclaimed
   */
  readonly fileDescriptorReceived?: (fd: number) => void;
}
