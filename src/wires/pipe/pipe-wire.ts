import type { Socket } from "node:net";
import { DuplexWire } from "../../bridges/node-duplex-wire.ts";
import type { Bytes } from "../../contract/index.ts";
import type { Facts } from "../../flow/index.ts";
import { errnoOf } from "../_drivers/errno.ts";
import { writeDirectly } from "../_drivers/portable/direct-write.ts";
import type { Ends, RawSocket, SocketWire } from "../_drivers/raw-socket.ts";

/** A connected, paused named pipe; an error of it is told by its wire, if it gets one. */
export class PipeSocket implements RawSocket {
  readonly ends: Ends;
  readonly #socket: Socket;

  constructor(socket: Socket, ends: Ends) {
    this.#socket = socket;
    this.ends = ends;
    socket.on("error", () => undefined);
  }

  wire(facts: Facts, ends: Ends): PipeWire {
    return new PipeWire(this.#socket, facts, ends);
  }

  discard(): void {
    this.#socket.destroy();
  }
}

/**
 * A named pipe as Node streams it. Windows knows no end of one direction: ours has ended when all
 * is written, the peer sees it when the pipe is closed, and still reads what is in it then. Node's
 * own way to end a stream is not used: it closes the pipe 50 ms later, whatever the peer has yet to
 * say.
 */
export class PipeWire extends DuplexWire<Socket> implements SocketWire {
  readonly driver = "portable";
  #hasSendingEnded = false;

  constructor(socket: Socket, facts: Facts, ends: Ends) {
    super(socket, facts, ends);
  }

  /** For TCP alone. */
  setNoDelay(): boolean {
    return false;
  }

  /** For TCP alone. */
  setKeepAlive(): boolean {
    return false;
  }

  keepProcess(keeps: boolean): void {
    if (keeps) this.stream.ref();
    else this.stream.unref();
  }

  override send(chunks: readonly Bytes[]): void {
    if (this.stream.destroyed || this.#hasSendingEnded) return;
    this.bytesInFlight = 0;
    for (const { length } of chunks) this.bytesInFlight += length;
    if (!writeDirectly(this.stream, chunks, this.#written)) this.write(chunks);
  }

  override endSending(): void {
    this.later(this.#sendingEnded);
  }

  /** The stream knows nothing of such a write. A peer that is gone takes no more: an end. */
  readonly #written = (error?: Error | null): void => {
    if (!error) this.written();
    else if (GONE.has(errnoOf(error))) this.later(this.#sendingEnded);
    else this.stream.destroy(error);
  };

  readonly #sendingEnded = (): void => {
    if (this.isSilent || this.#hasSendingEnded) return;
    this.#hasSendingEnded = true;
    this.facts.sendingEnded();
  };
}

const GONE: ReadonlySet<string> = new Set(["EPIPE", "EOF", "ECONNRESET", "ECANCELED"]);
