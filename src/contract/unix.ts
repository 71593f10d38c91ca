import type { UnixAddress } from "./address.ts";
import type { Abortable, HalfCloseable } from "./capabilities.ts";
import type { DriverName } from "./driver.ts";
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
}
