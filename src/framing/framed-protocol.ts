import type {
  Bytes,
  CloseReason,
  Protocol,
  PushProducer,
  Runtime,
  Transport,
} from "../contract/index.ts";
import { isAbortable, LimitError, PeerProtocolError, UnsupportedError } from "../contract/index.ts";
import { systemRuntime } from "../flow/index.ts";
import type { FrameCodec, FrameDecoder } from "./frame-decoder.ts";

export interface FramedProtocolOptions {
  /** Whose turns to use. Default: the system's. */
  readonly runtime?: Runtime;
}

/**
 * A protocol of frames: extend it, and be told of one frame at a time.
 *
 * - `pauseProducing` takes effect at once: not one more frame is handed out, though the chunk holds
 *   more. `resumeProducing` goes on, with those frames first, in a later turn.
 * - `setRawMode` and `setFrameMode` switch between frames and bytes without losing one.
 * - A frame that is too long, or malformed, goes to `framingFailed`, which throws unless
 *   overridden.
 * - A hook that throws ends the connection, as every protocol that throws does.
 *
 * **Not promised:** that a call on the transport itself is noticed here. Pause, close and switch
 * through this object; otherwise frames of the same chunk still come.
 *
 * @see twisted.protocols.basic.LineReceiver and its kind: one class here, which takes a codec.
 *
 * @example a protocol that answers lines
 * ```ts
 * class Shout extends FramedProtocol {
 *   constructor() {
 *     super(lineCodec());
 *   }
 *   protected override frameReceived(line: Bytes): void {
 *     this.sendFrame(line.map((byte) => (byte >= 97 && byte <= 122 ? byte - 32 : byte)));
 *   }
 * }
 * ```
 */
export abstract class FramedProtocol<T extends Transport = Transport>
  implements Protocol<T>, PushProducer
{
  readonly #codec: FrameCodec;
  readonly #decoder: FrameDecoder;
  readonly #runtime: Runtime;
  readonly #deferred = new Deferred();
  #transport: T | null = null;
  #isRaw = false;
  #isPaused = false;
  #isTransportPaused = false;
  #isDelivering = false;
  #isDeliveryDue = false;
  /** Closed, lost, handed over, or past an error that `framingFailed` took. */
  #isDeaf = false;

  constructor(codec: FrameCodec, options: FramedProtocolOptions = {}) {
    this.#codec = codec;
    this.#decoder = codec.createDecoder();
    this.#runtime = options.runtime ?? systemRuntime();
  }

  /** One frame, without its delimiter or header; yours for ever. */
  protected abstract frameReceived(frame: Bytes): void;

  /** Bytes that came in raw mode: all that is here, then chunk by chunk. Yours for ever. */
  protected rawDataReceived(_data: Bytes): void {
    throw new TypeError("setRawMode() needs a rawDataReceived() of your own");
  }

  /**
   * What came is no frame of this codec, or a longer one than `lengthMax`.
   *
   * Throws `error` unless overridden, which aborts the connection. An override may write an
   * answer and call `loseConnection`; when it returns, nothing more is handed out, unless it has
   * switched to raw mode: the bytes at fault come there.
   */
  protected framingFailed(error: LimitError | PeerProtocolError): void {
    throw error;
  }

  /** @throws {TypeError} before `connectionMade`. */
  protected get transport(): T {
    if (this.#transport === null) {
      throw new TypeError(
        "Cannot use the transport: connectionMade has not run; an override must call super",
      );
    }
    return this.#transport;
  }

  /**
   * How many bytes are here and were not handed out: the beginning of a frame, or more while
   * paused. In `connectionLost` it tells whether the peer ended in the middle of a frame.
   */
  protected get pendingBytes(): number {
    return this.#decoder.pendingBytes;
  }

  /** An override calls `super.connectionMade(transport)` first. */
  connectionMade(transport: T): void {
    this.#transport = transport;
  }

  /** Hands out what `data` completes. What it answers tells the transport of a later failure. */
  dataReceived(data: Bytes): void | Promise<void> {
    if (this.#isDeaf) return undefined;
    this.#decoder.push(data);
    this.#deliver();
    return this.#deferred.taken();
  }

  /** An override calls `super.connectionLost(reason)` first. */
  connectionLost(_reason: CloseReason): void {
    this.#isDeaf = true;
  }

  /**
   * Writes one frame.
   *
   * @param frame borrowed as `Transport.write` borrows.
   * @throws {RangeError} when the codec cannot carry it; nothing is written.
   */
  sendFrame(frame: Bytes): void {
    this.transport.writeSequence(this.#codec.encode(frame));
  }

  /**
   * From now on bytes come to `rawDataReceived`: first, in this turn or when resumed, all not yet
   * handed out.
   */
  setRawMode(): void {
    this.#isRaw = true;
    this.#deliverLater();
  }

  /**
   * From now on frames come again.
   *
   * @param extra bytes that `rawDataReceived` was given and did not use: they come first.
   */
  setFrameMode(extra?: Bytes): void {
    this.#isRaw = false;
    if (extra !== undefined) this.#putBack(extra);
    this.#deliverLater();
  }

  /**
   * Gives the connection to `next`, with all that was not handed out as its early bytes.
   *
   * @param unused bytes that were handed out and not used; they come before the others.
   * @throws {ClosedError} ERR_WIRE_CLOSED on a closing or ended connection.
   * @throws {BusyError} ERR_WIRE_BUSY when an earlier switch has not taken effect yet.
   * @see Transport.switchProtocol
   */
  switchProtocol(next: Protocol, unused?: Bytes): void {
    if (unused !== undefined) this.#putBack(unused);
    const rest = this.#decoder.takeRest();
    this.#isDeaf = true;
    this.transport.switchProtocol(next, rest);
  }

  /** Takes effect at once. */
  pauseProducing(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#isTransportPaused = true;
    this.transport.pauseProducing();
  }

  /**
   * Hands out the rest in a later turn, then lets the transport read on. Without a pause:
   * nothing.
   */
  resumeProducing(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#deliverLater();
  }

  /** The same as `loseConnection`. */
  stopProducing(): void {
    this.loseConnection();
  }

  /** Closes the connection, as `Transport.loseConnection` does; no frame comes any more. */
  loseConnection(): void {
    this.#isDeaf = true;
    this.transport.loseConnection();
  }

  /**
   * Cuts the connection, as `Abortable.abortConnection` does; no frame comes any more.
   *
   * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED on a wire without the capability `abort`.
   */
  abortConnection(): void {
    const transport: Transport = this.transport;
    if (!isAbortable(transport)) {
      throw new UnsupportedError("abort the connection", "this wire has no capability abort");
    }
    this.#isDeaf = true;
    transport.abortConnection();
  }

  #putBack(data: Bytes): void {
    const rest = this.#decoder.takeRest();
    this.#decoder.push(data).push(rest);
  }

  #deliverLater(): void {
    if (this.#isDelivering || this.#isDeliveryDue || this.#transport === null) return;
    this.#isDeliveryDue = true;
    this.#runtime.turn.later(() => {
      this.#isDeliveryDue = false;
      try {
        this.#deliver();
      } catch (error) {
        // Nobody who could be told is on the stack: the promise that dataReceived answered tells.
        this.#deferred.reject(error);
      }
    });
  }

  /** Hands out what is here, as far as it is wanted; then the transport may go on. */
  #deliver(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    try {
      while (!this.#isPaused && !this.#isDeaf && this.#deliverNext());
    } finally {
      this.#isDelivering = false;
    }
    if (this.#isTransportPaused && !this.#isPaused && !this.#isDeaf) {
      this.#isTransportPaused = false;
      this.transport.resumeProducing();
    }
  }

  /** Answers whether there may be more. */
  #deliverNext(): boolean {
    if (this.#isRaw) {
      const rest = this.#decoder.takeRest();
      if (rest.byteLength === 0) return false;
      this.rawDataReceived(rest);
      return true;
    }
    const frame = this.#cutNext();
    if (frame === null) return this.#isRaw;
    this.frameReceived(frame);
    return true;
  }

  #cutNext(): Bytes | null {
    try {
      return this.#decoder.next();
    } catch (error) {
      if (!(error instanceof LimitError || error instanceof PeerProtocolError)) throw error;
      this.framingFailed(error);
      if (!this.#isRaw) this.#isDeaf = true;
      return null;
    }
  }
}

/**
 * A failure that comes when `dataReceived` has returned: one promise, given to the transport
 * once.
 */
class Deferred {
  readonly #promise: Promise<void>;
  readonly reject: (error: unknown) => void;
  #isTaken = false;

  constructor() {
    let reject: (error: unknown) => void = () => undefined;
    this.#promise = new Promise((_resolve, rejectIt) => {
      reject = rejectIt;
    });
    this.#promise.catch(() => undefined);
    this.reject = reject;
  }

  taken(): Promise<void> | undefined {
    if (this.#isTaken) return undefined;
    this.#isTaken = true;
    return this.#promise;
  }
}
