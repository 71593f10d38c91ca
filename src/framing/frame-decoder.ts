import type { Bytes } from "../contract/index.ts";
import { isBytes, LimitError, PeerProtocolError } from "../contract/index.ts";
import { ByteQueue } from "./byte-queue.ts";

/** Makes frames of bytes and bytes of frames, for one way of framing. */
export interface FrameCodec {
  /** What it cuts, for error messages: `"a line"`, `"a netstring"`. */
  readonly frameName: string;
  /** A decoder for one connection. */
  createDecoder(): FrameDecoder;
  /**
   * The pieces to write, in order, for one frame. `frame` itself may be one of them: it is borrowed
   * as long as a transport borrows it.
   *
   * @throws {RangeError} when this framing cannot carry `frame`.
   */
  encode(frame: Bytes): readonly Bytes[];
}

/** The options of every decoder. */
export interface FrameLimit {
  /** The longest frame taken, in bytes, delimiters and headers not counted. */
  readonly lengthMax?: number;
}

/**
 * Cuts a stream of bytes into frames, without I/O.
 *
 * Cutting is lazy: `push` takes a chunk in, each step of the iteration cuts one frame. Whoever
 * stops iterating leaves the rest here, byte for byte, for the next iteration or for `takeRest`.
 *
 * Time is linear in the bytes, however they are split. When every iteration has run to its end,
 * at most `lengthMax` bytes plus one header or delimiter are retained, in at most twice that
 * memory and 16 KiB. Frames belong to the receiver for ever; a small one never pins a big chunk.
 *
 * After an error the decoder is stuck: it throws that error again, takes nothing more in, and keeps
 * what it could not decode for `takeRest`.
 */
export abstract class FrameDecoder implements Iterable<Bytes> {
  readonly lengthMax: number;
  readonly #queue = new ByteQueue();
  #failure: LimitError | PeerProtocolError | null = null;

  constructor(lengthMax: number) {
    if (!Number.isSafeInteger(lengthMax) || lengthMax < 0) {
      throw new RangeError(`Cannot make a decoder: lengthMax must be a whole number of at least 0`);
    }
    this.lengthMax = lengthMax;
  }

  /** How many bytes are here and not cut. */
  get pendingBytes(): number {
    return this.#queue.byteLength;
  }

  /**
   * Takes `chunk` in and answers this decoder, to be iterated.
   *
   * @param chunk not changed by anyone from now on; frames may be views of it.
   * @throws {TypeError} when `chunk` is not a `Uint8Array`.
   */
  push(chunk: Bytes): this {
    if (!isBytes(chunk)) throw new TypeError("push() takes a Uint8Array");
    if (this.#failure !== null) throw this.#failure;
    this.#queue.push(chunk);
    return this;
  }

  /**
   * Cuts the next frame; `null` when more bytes are needed.
   *
   * @throws {LimitError} ERR_WIRE_LIMIT as soon as a frame is known to be longer than `lengthMax`.
   * @throws {PeerProtocolError} ERR_WIRE_PEER_PROTOCOL when the bytes are no such framing.
   */
  next(): Bytes | null {
    if (this.#failure !== null) throw this.#failure;
    try {
      const frame = this.cut(this.#queue);
      if (frame === null) this.#queue.release();
      return frame;
    } catch (error) {
      if (error instanceof LimitError || error instanceof PeerProtocolError) this.#failure = error;
      throw error;
    }
  }

  /** Cuts what is here. Breaking off loses nothing. */
  [Symbol.iterator](): Iterator<Bytes, undefined, void> {
    return {
      next: () => {
        const value = this.next();
        return value === null ? { done: true, value: undefined } : { done: false, value };
      },
    };
  }

  /**
   * Takes out all that is not cut, byte for byte, and starts anew.
   *
   * Called within an iteration, it ends that: frames of the same chunk not yet handed out are
   * part of the rest, in order, with their headers and delimiters.
   */
  takeRest(): Bytes {
    this.#failure = null;
    this.restart();
    return this.#queue.take(this.#queue.byteLength);
  }

  /** Cuts one frame off `queue`, or leaves it as it is and answers `null`. */
  protected abstract cut(queue: ByteQueue): Bytes | null;

  /** Forgets what is known about the bytes of the queue. */
  protected abstract restart(): void;
}

/** The default `lengthMax` where a delimiter ends a frame. */
export const DELIMITED_LENGTH_MAX: number = 64 * 1024;

/** The default `lengthMax` where the length is told before. */
export const TOLD_LENGTH_MAX: number = 1024 * 1024;
