import type { ProcessAddress } from "./address.ts";
import type { Bytes } from "./bytes.ts";
import type { Abortable, HalfCloseable } from "./capabilities.ts";
import type { DriverName } from "./driver.ts";
import type { Protocol } from "./protocol.ts";
import type { Transport } from "./transport.ts";

/** How a process ended: by itself with a code, or by a signal. One of the two is `null`. */
export interface ProcessStatus {
  readonly exitCode: number | null;
  /** With its prefix: `SIGTERM`. */
  readonly signal: string | null;
}

/**
 * A protocol that wants to know more of its child process than what it prints. Every hook is
 * optional, and one that throws ends the connection as any callback does.
 *
 * @see twisted.internet.interfaces.IProcessProtocol
 */
export interface ProcessProtocol<in T extends ProcessTransport = ProcessTransport>
  extends Protocol<T> {
  /** Bytes from a descriptor other than standard output. Order among descriptors means nothing. */
  readonly childDataReceived?: (childFD: number, data: Bytes) => void;
  /** One descriptor has ended; all that it gave has been delivered. Once each, in any order. */
  readonly childConnectionLost?: (childFD: number) => void;
  /** The process is gone. Data may still come: a descendant may hold a descriptor. */
  readonly processExited?: (status: ProcessStatus) => void;
  /** The process is gone and every descriptor has ended. `connectionLost` follows at once. */
  readonly processEnded?: (status: ProcessStatus) => void;
}

/**
 * A child process: what is written goes to its standard input, what comes is its standard output.
 *
 * @see twisted.internet.interfaces.IProcessTransport
 */
export interface ProcessTransport extends Transport, Abortable, HalfCloseable {
  getPeer(): ProcessAddress;
  getHost(): ProcessAddress;
  /** Which driver carries its pipes. */
  readonly driver: DriverName;
  /** `null` from just before `processExited` on. */
  readonly pid: number | null;
  /**
   * Writes to a descriptor that the child reads; 0 is the same as `write`. After that descriptor
   * has ended: ignored, and counted in its ledger.
   *
   * @throws {RangeError} when that descriptor is not one that the child reads from us.
   */
  writeToChild(childFD: number, data: Bytes): void;
  /**
   * Ends one descriptor: what is queued for it is sent first; what it still gives is discarded.
   * Unknown, or ended already: nothing happens.
   */
  closeChildFD(childFD: number): void;
  /**
   * One descriptor as a transport of its own, to pause, to register producers with, to flush. For 0
   * and 1 it is this transport.
   *
   * @throws {RangeError} when there is no pipe to that descriptor.
   */
  childTransport(childFD: number): Transport;
  /**
   * Sends a signal, by name with or without `SIG`, or by number. False when the process is gone,
   * or may not be signalled, since it runs as another user.
   *
   * @throws {RangeError} when the platform has no such signal.
   */
  signalProcess(signal: string | number): boolean;
  switchProtocol(next: Protocol<ProcessTransport>, early?: Bytes): void;
}
