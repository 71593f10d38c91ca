import type { Socket } from "node:net";
import type { FlowCalls } from "../../../flow/index.ts";
import { FlowTransport } from "../../../flow/index.ts";

/** A flow's transport over a socket of Node's, which keeps the process unless it is told not to. */
export class SocketFlowTransport extends FlowTransport {
  protected readonly socket: Socket;

  constructor(flow: FlowCalls, socket: Socket) {
    super(flow);
    this.socket = socket;
  }

  /** While it is open the process stays, as at first. */
  ref(): void {
    this.socket.ref();
  }

  /** The process may end while it is open. */
  unref(): void {
    this.socket.unref();
  }
}
