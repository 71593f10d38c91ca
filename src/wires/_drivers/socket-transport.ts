import type { DriverName } from "../../contract/index.ts";
import type { FlowCalls } from "../../flow/index.ts";
import { FlowTransport } from "../../flow/index.ts";
import type { SocketWire } from "./raw-socket.ts";

/** A flow's transport over a socket, which keeps the process unless it is told not to. */
export class SocketFlowTransport extends FlowTransport {
  protected readonly wire: SocketWire;

  constructor(flow: FlowCalls, wire: SocketWire) {
    super(flow);
    this.wire = wire;
  }

  get driver(): DriverName {
    return this.wire.driver;
  }

  /** While it is open the process stays, as at first. */
  ref(): void {
    this.wire.keepProcess(true);
  }

  /** The process may end while it is open. */
  unref(): void {
    this.wire.keepProcess(false);
  }
}
