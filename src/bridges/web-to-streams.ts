import type { Bytes, CloseReason, Transport } from "../contract/index.ts";
import { isBytes, isHalfCloseable } from "../contract/index.ts";
import { Connection } from "./connection.ts";
import { abortOrClose } from "./cut.ts";
import { handled } from "./handled.ts";
import { streamError } from "./stream-error.ts";
import type { Switchable } from "./take-over.ts";
import { takeOver } from "./take-over.ts";

/** The two directions of a connection, as the web platform has them. */
export interface WebStreams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/**
 * The two directions of a transport, or of a `Connection`, which is taken over with all that is
 * unread, as web streams.
 *
 * - Half-close: closing the writer ends our direction when all is sent, and reading goes on; the
 *   peer's end closes the readable, and writing goes on. On a wire without half-close the
 *   connection is closed once both directions have ended.
 * - Back-pressure: a reader that does not read holds the peer. A write settles when its bytes were
 *   sent: until then the chunk is the stream's. A chunk that was read is the reader's for ever.
 * - Reasons: a connection that did not end in order errors both streams with a WireError whose
 *   `code` is the reason's and whose `reason` is the whole of it ({@link StreamError}). What came
 *   before a loss is read before it.
 * - `writable.abort()` cuts the connection, where the wire can so that the peer can tell; a chunk
 *   that is not bytes does the same. `readable.cancel()` leaves the writing alone: what still comes
 *   is read and thrown away, and the connection closes in order once the writing has ended.
 *
 * A connection that is closing or over already gives streams that fail with ERR_WIRE_CLOSED. The
 * readable is no byte stream: `getReader({ mode: "byob" })` is refused.
 *
 * @throws {TypeError} when `source` is neither a transport nor a Connection.
 * @throws {BusyError} ERR_WIRE_BUSY when an earlier switch has not taken effect yet.
 */
export function toWebStreams(source: Switchable): WebStreams {
  const bridge = new WebBridge();
  const refusal = takeOver("toWebStreams", source, bridge);
  if (refusal !== null) bridge.refuse(refusal);
  return bridge.streams;
}

/** A connection between two web streams. */
class WebBridge extends Connection {
  readonly streams: WebStreams;
  readonly #made: Promise<void>;
  #settleMade!: (refusal?: Error) => void;
  #writing!: WritableStreamDefaultController;
  #reason: CloseReason | null = null;
  /** The peer takes no more, and the connection lives. */
  #isRefused = false;
  #isReadingOver = false;
  #isWritingOver = false;
  #isCancelled = false;
  #isPulling = false;

  constructor() {
    super({ readHigh: READ_BYTES, readLow: READ_BYTES / 4 });
    this.#made = handled(
      new Promise((resolve, reject) => {
        this.#settleMade = (refusal) => (refusal === undefined ? resolve() : reject(refusal));
      }),
    );
    this.streams = {
      readable: new ReadableStream<Uint8Array>(
        {
          start: () => this.#made,
          pull: (controller) => this.#pull(controller),
          cancel: () => this.#cancel(),
        },
        { highWaterMark: 0 },
      ),
      writable: new WritableStream<Uint8Array>(
        {
          start: (controller) => {
            this.#writing = controller;
            return this.#made;
          },
          write: (chunk) => this.#write(chunk),
          close: () => this.#close(),
          abort: () => abortOrClose(this),
        },
        { highWaterMark: WRITE_BYTES, size: (chunk) => chunk?.byteLength ?? 0 },
      ),
    };
  }

  /** The connection cannot be had: both streams fail. */
  refuse(refusal: Error): void {
    this.#settleMade(refusal);
  }

  override connectionMade(transport: Transport): void {
    super.connectionMade(transport);
    this.#settleMade();
  }

  override writeConnectionLost(): void {
    this.#isRefused = true;
    super.writeConnectionLost();
  }

  override connectionLost(reason: CloseReason): void {
    this.#reason = reason;
    super.connectionLost(reason);
    if (!this.#isWritingOver) this.#writing.error(streamError(reason));
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#isPulling = true;
    const data = await this.read().catch((error: unknown) => this.#fail(error));
    this.#isPulling = false;
    if (this.#isCancelled) {
      if (data !== null) await this.#discard();
      return;
    }
    if (data !== null) {
      controller.enqueue(data);
      return;
    }
    this.#isReadingOver = true;
    controller.close();
    if (this.#isWritingOver && !isHalfCloseable(this.transport)) void this.close();
  }

  async #cancel(): Promise<void> {
    await this.#made;
    this.#isCancelled = true;
    if (this.#isWritingOver) void this.close();
    else if (!this.#isPulling) void this.#discard();
  }

  /** Never rejects. */
  async #discard(): Promise<void> {
    try {
      while ((await this.read()) !== null);
    } catch {
      // The loss is the writer's to hear of.
    }
  }

  async #write(chunk: Bytes): Promise<void> {
    if (!isBytes(chunk)) {
      abortOrClose(this);
      throw new TypeError(
        "the writable of a connection takes Uint8Array chunks; encode text first",
      );
    }
    try {
      await Promise.all([this.send(chunk), this.flushed()]);
    } catch (error) {
      await this.#fail(error);
    }
  }

  async #close(): Promise<void> {
    this.#isWritingOver = true;
    if (!isHalfCloseable(this.transport)) {
      // A wire that cannot be told keeps the way back open; it closes when the peer has ended.
      if (this.#isReadingOver || this.#isCancelled) void this.close();
      return;
    }
    await this.end().catch((error: unknown) => this.#fail(error));
    if (this.#isCancelled) void this.close();
  }

  /** Fails with the whole reason, where the connection is over or about to be. */
  async #fail(error: unknown): Promise<never> {
    if (this.#isRefused && this.#reason === null) throw error;
    throw streamError(await this.closed);
  }
}

const READ_BYTES = 64 * 1024;
const WRITE_BYTES = 64 * 1024;
