import type { Bytes, CloseReason, Detached, Protocol } from "../../contract/index.ts";
import { ClosedError } from "../../contract/index.ts";
import type { FlowCalls } from "../../flow/index.ts";
import type { SocketWire } from "../_drivers/raw-socket.ts";

/**
 * Who holds a connection while it is given away: waits until what was written has been sent, keeps
 * what had been read by then, and takes the descriptor. What arrives meanwhile stays in the socket,
 * and so does an end of the peer.
 */
export class Detaching implements Protocol {
  readonly detached: Promise<Detached>;
  readonly #flow: FlowCalls;
  readonly #socket: SocketWire;
  readonly #unread: Bytes[] = [];
  #isTaken = false;
  #resolve!: (detached: Detached) => void;
  #reject!: (error: unknown) => void;

  constructor(flow: FlowCalls, socket: SocketWire) {
    this.#flow = flow;
    this.#socket = socket;
    this.detached = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  connectionMade(): void {
    this.#flow.comeToRest((wasSent) => {
      // Not in the turn in which the wire tells of it.
      if (wasSent) this.#flow.runtime.turn.later(() => this.#take());
    });
  }

  dataReceived(data: Bytes): void {
    this.#unread.push(data);
  }

  readConnectionLost(): void {}

  connectionLost({ error }: CloseReason): void {
    if (this.#isTaken) return;
    const options = { address: this.#flow.host, ...(error && { cause: error }) };
    this.#reject(new ClosedError("give the connection away", options));
  }

  #take(): void {
    // The wire is over in this call, in order.
    this.#isTaken = true;
    const fd = this.#socket.detach?.() ?? -1;
    // It has been let go of already: `connectionLost` is still to come.
    this.#isTaken = fd >= 0;
    if (this.#isTaken) this.#resolve({ fd, unread: concatenated(this.#unread) });
  }
}

function concatenated(chunks: readonly Bytes[]): Bytes {
  const all = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}
