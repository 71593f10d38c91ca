import type { TcpAddress } from "./address.ts";
import type { Abortable, Detachable, HalfCloseable } from "./capabilities.ts";
import type { DriverName } from "./driver.ts";
import type { Transport } from "./transport.ts";

/**
 * A TCP connection.
 *
 * @see twisted.internet.interfaces.ITCPTransport
 */
export interface TcpTransport extends Transport, Abortable, HalfCloseable, Detachable {
  /** Which driver carries it. */
  readonly driver: DriverName;
  getPeer(): TcpAddress;
  getHost(): TcpAddress;
  /** Whether small writes leave at once. On by default: flow coalesces before the kernel could. */
  getTcpNoDelay(): boolean;
  /**
   * Takes effect at once. After the end: nothing happens. @throws {TypeError} unless given a
   * boolean.
   */
  setTcpNoDelay(enabled: boolean): void;
  /** Whether the kernel probes a silent peer. Off by default. */
  getTcpKeepAlive(): boolean;
  /**
   * Takes effect at once. After the end: nothing happens. @throws {TypeError} unless given a
   * boolean.
   */
  setTcpKeepAlive(enabled: boolean): void;
}
