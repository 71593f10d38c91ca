import type { Socket } from "node:net";
import { DuplexWire } from "../../../bridges/node-duplex-wire.ts";
import type { Bytes } from "../../../contract/index.ts";
import type { Facts } from "../../../flow/index.ts";
import type { Ends, SocketWire } from "../raw-socket.ts";
import { writeDirectly } from "./direct-write.ts";

export interface NodeSocketWireOptions extends Ends {
  /** Whether the socket is TCP: an abort is a reset, and a reset may have to be asked for. */
  readonly resets: boolean;
}

/**
 * A connected `net.Socket` as a wire: verbs and facts, no decisions.
 *
 * The socket must have been made with `allowHalfOpen` and be paused: nothing is read before flow
 * asks. A socket that has failed or closed in the meantime is taken too, and reported as over. The
 * kernel copies what is written, so that it is written as it is, and at once.
 */
export class NodeSocketWire extends DuplexWire<Socket> implements SocketWire {
  readonly driver = "portable";
  readonly #resets: boolean;

  constructor(socket: Socket, facts: Facts, options: NodeSocketWireOptions) {
    super(socket, facts, options);
    this.#resets = options.resets;
  }

  setNoDelay(enabled: boolean): boolean {
    if (this.stream.destroyed) return false;
    this.stream.setNoDelay(enabled);
    return true;
  }

  setKeepAlive(enabled: boolean, delayMs: number): boolean {
    if (this.stream.destroyed) return false;
    this.stream.setKeepAlive(enabled, delayMs);
    return true;
  }

  keepProcess(keeps: boolean): void {
    if (keeps) this.stream.ref();
    else this.stream.unref();
  }

  override send(chunks: readonly Bytes[]): void {
    if (this.stream.destroyed) return;
    this.bytesInFlight = 0;
    for (const { length } of chunks) this.bytesInFlight += length;
    if (!writeDirectly(this.stream, chunks, this.#written)) this.write(chunks);
  }

  override endSending(): void {
    this.isEnding = true;
    this.stream.end();
  }

  override abort(): void {
    this.isSilent = true;
    if (!this.#resets || this.stream.destroyed) {
      this.stream.destroy();
    } else if (this.isEnding && !this.stream.writableFinished) {
      // While the system still ends our direction a reset fails, and Node would leak the socket.
      this.stream.once("finish", () => this.stream.resetAndDestroy());
    } else {
      this.stream.resetAndDestroy();
    }
  }

  /**
   * A reset that came while reading was paused looks like an end on some versions; sending nothing
   * at all brings it to light. Bytes in flight do as well.
   */
  protected override ended(): void {
    const isIdle = this.bytesInFlight === 0 && !this.isEnding;
    if (this.#resets && isIdle) this.stream.write(NOTHING, this.#probed);
    else super.ended();
  }

  /** The stream knows nothing of such a write: a failure has to be told to it. */
  readonly #written = (error?: Error | null): void => {
    if (error) this.stream.destroy(error);
    else this.written();
  };

  readonly #probed = (error?: Error | null): void => {
    if (!error && !this.stream.destroyed && !this.isSilent) super.ended();
  };
}

const NOTHING: Bytes = new Uint8Array(0);
