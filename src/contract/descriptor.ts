import type { DescriptorAddress } from "./address.ts";
import type { Abortable, HalfCloseable } from "./capabilities.ts";
import type { DriverName } from "./driver.ts";
import type { Transport } from "./transport.ts";

/** Descriptors of this process, by number. @see twisted.internet.abstract.FileDescriptor */
export interface DescriptorTransport extends Transport, Abortable, HalfCloseable {
  getPeer(): DescriptorAddress;
  getHost(): DescriptorAddress;
  /**
   * Which driver carries it: the portable one as soon as one descriptor needs it. Files go through
   * the thread pool with either.
   */
  readonly driver: DriverName;
}
