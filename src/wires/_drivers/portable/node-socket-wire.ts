import type { Socket } from "node:net";
import { DuplexWire } from "../../../bridges/node-duplex-wire.ts";
import type { Bytes } from "../../../contract/index.ts";
import type { Facts } from "../../../flow/index.ts";
import type { Ends, SocketWire } from "../raw-socket.ts";
import { writeDirectly, writesDirectly } from "./direct-write.ts";
import type { Reader } from "./read-in-place.ts";
import {
  isReadInPlace,
  isReadPastStream,
  readInPlace,
  stopReadingInPlace,
} from "./read-in-place.ts";
import { isStill, joinRound } from "./round.ts";

/**
 * A connected `net.Socket` as a wire: verbs and facts, no decisions.
 *
 * The socket must have been made with `allowHalfOpen` and be paused: nothing is read before flow
 * asks. A socket that has failed or closed in the meantime is taken too, and reported as over. The
 * kernel copies what is written, so that it is written as it is, and at once.
 */
export class NodeSocketWire extends DuplexWire<Socket> implements SocketWire, Reader {
  readonly driver = "portable";
  readonly #resets: boolean;
  /** When bytes were read in place last. */
  #lastRound: number | null = null;
  #watch: NodeJS.Timeout | null = null;
  /** The stream neither flows nor ends: reading is asked of the socket as the stream would. */
  #isPastStream = false;
  /** A stream that was asked to flow may begin to read behind a pause: the first read stops it. */
  #isPaused = false;

  /**
   * @param resets whether the socket is TCP: an abort is a reset, and a reset may have to be asked
   *   for.
   */
  constructor(socket: Socket, facts: Facts, ends: Ends, resets: boolean) {
    super(socket, facts, ends);
    this.#resets = resets;
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

  /** Only of what Node writes as it is told, where the system takes it in parts. */
  get tellsParts(): boolean {
    return process.platform !== "win32" && writesDirectly() && this.#queueSize() !== undefined;
  }

  override send(chunks: readonly Bytes[]): void {
    if (this.stream.destroyed) return;
    let size = 0;
    for (const { length } of chunks) size += length;
    this.bytesInFlight = size;
    if (!writeDirectly(this.stream, chunks, this.#written)) this.write(chunks);
    else if (this.bytesInFlight > 0 && this.#watch === null) this.#tellPartsLater();
  }

  override endSending(): void {
    this.isEnding = true;
    // With both directions ended the close follows at once, and ends this one: a call less.
    if (this.hasPeerEnded) this.later(() => this.#confirmed());
    else this.stream.end();
  }

  override abort(): void {
    this.isSilent = true;
    const isBeingEnded = this.stream.writableEnded && !this.stream.writableFinished;
    if (!this.#resets || this.stream.destroyed) {
      this.stream.destroy();
    } else if (isBeingEnded) {
      // While the system still ends our direction a reset fails, and Node would leak the socket.
      this.stream.once("finish", () => this.stream.resetAndDestroy());
    } else {
      this.stream.resetAndDestroy();
    }
  }

  /** At the end nothing is read any more, whatever flow asks for. */
  override pauseReading(): void {
    this.#isPaused = true;
    if (!this.hasPeerEnded) super.pauseReading();
  }

  override resumeReading(): void {
    this.#isPaused = false;
    if (!this.hasPeerEnded && !this.stream.destroyed) super.resumeReading();
  }

  read(chunk: Bytes): boolean {
    if (this.isSilent) return true;
    this.#lastRound = joinRound();
    this.facts.received(chunk);
    return !this.#isPaused;
  }

  readEnd(): void {
    joinRound();
    this.heardEnd();
  }

  /** What is read in place is heard of so alone, once that is known to work. */
  protected override listen(): void {
    const isInPlace = readInPlace(this.stream, this);
    this.#isPastStream = isInPlace && isReadPastStream();
    if (!isInPlace || !isReadInPlace()) super.listen();
  }

  protected override startReading(): void {
    if (this.#isPastStream) this.stream._read(0);
    else super.startReading();
  }

  /**
   * A reset that is found behind the last bytes, in the same round, looks like an end; sending
   * nothing at all brings it to light. Bytes in flight do as well.
   */
  protected override ended(): void {
    const isIdle = this.bytesInFlight === 0 && !this.isEnding;
    const isSure = this.#lastRound !== null && !isStill(this.#lastRound);
    if (!this.#resets || !isIdle || isSure) super.ended();
    else if (writesDirectly())
      writeDirectly(this.stream, [NOTHING], (error) => this.#probed(error));
    else this.stream.write(NOTHING, (error) => this.#probed(error));
  }

  protected override gone(): void {
    stopReadingInPlace(this.stream);
    if (this.#watch !== null) clearTimeout(this.#watch);
    super.gone();
  }

  /** The stream knows nothing of such a write: a failure has to be told to it. */
  readonly #written = (error?: Error | null): void => {
    if (error) this.stream.destroy(error);
    else this.written();
  };

  #probed(error?: Error | null): void {
    if (error) this.stream.destroy(error);
    else if (!this.stream.destroyed && !this.isSilent) super.ended();
  }

  /** It is over when both directions have ended, whoever closes it. */
  #confirmed(): void {
    if (!this.isSilent) this.facts.sendingEnded();
    this.stream.destroy();
  }

  /** While a large write is on its way, what of it has gone is progress. */
  #tellPartsLater(): void {
    this.#watch = setTimeout(() => this.#tellParts(), PARTS_EVERY_MS).unref();
  }

  #tellParts(): void {
    this.#watch = null;
    const left = this.#queueSize() ?? 0;
    const gone = this.bytesInFlight - left;
    if (this.isSilent || this.bytesInFlight === 0) return;
    this.#tellPartsLater();
    if (left === 0 || gone <= 0) return;
    this.bytesInFlight = left;
    this.facts.sent(gone);
  }

  /** What Node holds of the write that is on its way. */
  #queueSize(): number | undefined {
    const { _handle } = this.stream as Partial<Held>;
    return _handle?.writeQueueSize;
  }
}

/** A socket, as far as it tells of what it has yet to write. */
interface Held {
  readonly _handle: { readonly writeQueueSize?: number } | null;
}

const PARTS_EVERY_MS = 200;

const NOTHING: Bytes = new Uint8Array(0);
