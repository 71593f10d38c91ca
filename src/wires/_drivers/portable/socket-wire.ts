import type { Socket } from "node:net";
import type { Address, Bytes } from "../../../contract/index.ts";
import type { Facts, Wire } from "../../../flow/index.ts";
import { causeOfLoss } from "../errno.ts";

/** The two ends of a connection, captured while the socket still knows them. */
export interface Ends {
  readonly host: Address;
  readonly peer: Address;
}

export interface SocketWireOptions extends Ends {
  /** Whether the socket is TCP: an abort is a reset, and a reset may have to be asked for. */
  readonly resets: boolean;
}

/**
 * A connected `net.Socket` as a wire: verbs and facts, no decisions.
 *
 * The socket must have been made with `allowHalfOpen` and be paused: nothing is read before flow
 * asks. A socket that has failed or closed in the meantime is taken too, and reported as over.
 */
export class SocketWire implements Wire {
  readonly host: Address;
  readonly peer: Address;
  readonly #socket: Socket;
  readonly #facts: Facts;
  readonly #resets: boolean;
  #bytesInFlight = 0;
  #failure: Error | null = null;
  #isEnding = false;
  /** Flow has let go, or the end is told: the socket's remaining events are nobody's. */
  #isSilent = false;
  #isOver = false;

  constructor(socket: Socket, facts: Facts, options: SocketWireOptions) {
    this.host = options.host;
    this.peer = options.peer;
    this.#socket = socket;
    this.#facts = facts;
    this.#resets = options.resets;
    socket.on("data", this.#received);
    socket.on("end", this.#ended);
    socket.on("finish", this.#finished);
    socket.on("error", this.#failed);
    socket.on("close", this.#closed);
  }

  /** Reports that the connection is there. Once, when flow has this wire. */
  open(): void {
    this.#facts.opened();
    if (!this.#socket.closed) return;
    this.#failure ??= this.#socket.errored;
    setImmediate(this.#closed);
  }

  send(chunks: readonly Bytes[]): void {
    const last = chunks.length - 1;
    this.#bytesInFlight = 0;
    if (last > 0) this.#socket.cork();
    for (const [index, chunk] of chunks.entries()) {
      this.#bytesInFlight += chunk.byteLength;
      this.#socket.write(chunk, index === last ? this.#written : undefined);
    }
    if (last > 0) this.#socket.uncork();
  }

  endSending(): void {
    this.#isEnding = true;
    this.#socket.end();
  }

  pauseReading(): void {
    this.#socket.pause();
  }

  resumeReading(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#isSilent = true;
    this.#socket.destroy();
  }

  abort(): void {
    this.#isSilent = true;
    if (!this.#resets || this.#socket.destroyed) {
      this.#socket.destroy();
    } else if (this.#isEnding && !this.#socket.writableFinished) {
      // While the system still ends our direction a reset fails, and Node would leak the socket.
      this.#socket.once("finish", () => this.#socket.resetAndDestroy());
    } else {
      this.#socket.resetAndDestroy();
    }
  }

  readonly #received = (chunk: Buffer): void => {
    if (!this.#isSilent) this.#facts.received(pinsTooMuch(chunk) ? new Uint8Array(chunk) : chunk);
  };

  /** Without an error this means little: some versions report what a dead socket never sent. */
  readonly #written = (error?: Error | null): void => {
    if (error || this.#socket.destroyed || this.#isSilent) return;
    const byteCount = this.#bytesInFlight;
    this.#bytesInFlight = 0;
    this.#facts.sent(byteCount);
  };

  /**
   * A reset that came while reading was paused looks like an end on some versions; sending nothing
   * at all brings it to light. Bytes in flight do as well.
   */
  readonly #ended = (): void => {
    if (this.#isSilent) return;
    const isIdle = this.#bytesInFlight === 0 && !this.#isEnding;
    if (this.#resets && isIdle) this.#socket.write(NOTHING, this.#probed);
    else this.#facts.peerEnded();
  };

  readonly #probed = (error?: Error | null): void => {
    if (!error && !this.#socket.destroyed && !this.#isSilent) this.#facts.peerEnded();
  };

  readonly #finished = (): void => {
    if (!this.#isSilent) this.#facts.sendingEnded();
  };

  readonly #failed = (error: Error): void => {
    this.#failure ??= error;
  };

  readonly #closed = (): void => {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#isSilent = true;
    this.#facts.over(this.#failure === null ? undefined : causeOfLoss(this.#failure, this.peer));
  };
}

const NOTHING: Bytes = new Uint8Array(0);

/**
 * Whether keeping `chunk` would keep much more memory alive. Node cuts what it reads into to size,
 * so this is a guard for runtimes that do not.
 */
function pinsTooMuch(chunk: Bytes): boolean {
  const allowed = chunk.byteLength < 4 * 1024 ? 16 * 1024 : 256 * 1024;
  return chunk.buffer.byteLength > allowed;
}
