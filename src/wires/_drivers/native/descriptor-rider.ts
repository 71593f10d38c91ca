import type { DescriptorReceiver, Protocol } from "../../../contract/index.ts";
import type { ArrivedRider, Rider } from "../../../flow/index.ts";
import type { Addon } from "./addon.ts";

/** A duplicate on its way to the peer; closed here when it has left, or never will. */
export class DescriptorRider implements Rider {
  readonly fd: number;
  readonly #addon: Addon;
  readonly #settled: (hasLeft: boolean) => void;

  constructor(addon: Addon, fd: number, settled: (hasLeft: boolean) => void) {
    this.fd = fd;
    this.#addon = addon;
    this.#settled = settled;
  }

  left(): void {
    this.#addon.closeDescriptor(this.fd);
    this.#settled(true);
  }

  stayed(): void {
    this.#addon.closeDescriptor(this.fd);
    this.#settled(false);
  }
}

/** A descriptor that the peer sent: the protocol's if it takes descriptors, closed if not. */
export class ArrivedDescriptor implements ArrivedRider {
  readonly #addon: Addon;
  readonly #fd: number;

  constructor(addon: Addon, fd: number) {
    this.#addon = addon;
    this.#fd = fd;
  }

  deliver(protocol: Protocol): unknown {
    const receiver = protocol as Protocol & DescriptorReceiver;
    if (receiver.fileDescriptorReceived === undefined) this.discard();
    else return receiver.fileDescriptorReceived(this.#fd);
    return undefined;
  }

  discard(): void {
    this.#addon.closeDescriptor(this.#fd);
  }
}
