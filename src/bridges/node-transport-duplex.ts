import { Duplex } from "node:stream";
import type { Bytes, CloseReason, Protocol, Transport } from "../contract/index.ts";
import { ClosedError, isHalfCloseable } from "../contract/index.ts";
import { systemRuntime } from "../flow/index.ts";
import { cut } from "./cut.ts";
import { streamError } from "./stream-error.ts";

type Done = (error?: Error | null) => void;

/** A Node stream, and beside it the protocol that feeds it from a transport. */
export class TransportDuplex extends Duplex {
  #transport: Transport | null = null;
  #reason: CloseReason | null = null;
  #isRefused = false;
  #isReadOver = false;
  /** Nothing that is written will be sent. */
  #isWriteOver = false;
  #constructed: Done | null = null;
  #ended: Done | null = null;
  #bytesInFlight = 0;
  #gone: Done | null = null;

  constructor(options: { readonly allowHalfOpen: boolean }) {
    super({ ...options, highWaterMark: BUFFER_BYTES });
  }

  /** What the transport is to tell. */
  readonly protocol: Protocol = {
    connectionMade: (transport) => {
      this.#transport = transport;
      this.made(transport);
      this.#constructed?.();
      this.#constructed = null;
    },
    dataReceived: (data) => {
      this.moved("in", data.byteLength);
      if (this.destroyed) return;
      if (!this.push(bufferOf(data))) this.#transport?.pauseProducing();
    },
    readConnectionLost: () => this.#endReading(),
    writeConnectionLost: () => {
      this.#isWriteOver = true;
      this.#finishEnding();
    },
    connectionLost: (reason) => this.#over(reason),
  };

  /** The connection cannot be had: the stream fails before it begins. */
  refuse(error: Error): void {
    this.waitNoMore();
    this.destroy(error);
  }

  /** No transport will come: what is asked of the stream need not wait for one. */
  protected waitNoMore(): void {
    this.#isRefused = true;
    this.#constructed?.();
    this.#constructed = null;
  }

  /** For streams with more to tell once the transport is there. */
  protected made(_transport: Transport): void {}

  /** For streams that count. */
  protected moved(_direction: "in" | "out", _byteCount: number): void {}

  /** For streams whose users know errors by other codes. `null`: the peer takes no more. */
  protected errorOf(reason: CloseReason | null): Error {
    return reason === null ? new ClosedError("write to the stream") : streamError(reason);
  }

  /** Whether being destroyed without an error closes in order what was not ended. */
  protected get isComplete(): boolean {
    return this.writableFinished;
  }

  /** Whether what the transport has taken still goes out when the stream is destroyed. */
  protected get keepsLastWords(): boolean {
    return false;
  }

  /** Handed to the transport, and not called back. */
  protected get bytesInFlight(): number {
    return this.#bytesInFlight;
  }

  override _construct(callback: Done): void {
    if (this.#transport !== null || this.#isRefused) callback();
    else this.#constructed = callback;
  }

  /** The transport delivers in a later turn, never from in here. */
  override _read(): void {
    if (this.#reason === null) this.#transport?.resumeProducing();
  }

  override _write(chunk: Bytes, _encoding: string, callback: Done): void {
    this.#send([chunk], callback);
  }

  override _writev(chunks: { chunk: Bytes; encoding: string }[], callback: Done): void {
    const all = chunks.map(({ chunk }) => chunk);
    this.#send(all, callback);
  }

  override _final(callback: Done): void {
    const transport = this.#transport;
    if (transport === null || this.#isWriteOver) {
      callback();
    } else if (isHalfCloseable(transport)) {
      this.#ended = callback;
      transport.loseWriteConnection();
    } else {
      // A wire that cannot be told keeps the way back open; it closes when the peer has ended.
      if (this.#isReadOver) transport.loseConnection();
      callback();
    }
  }

  override _destroy(error: Error | null, callback: Done): void {
    const transport = this.#transport;
    if (transport === null || this.#reason !== null) {
      callback(error);
    } else if (this.#isReadOver && this.writableFinished) {
      this.#gone = () => callback(error);
      transport.loseConnection();
    } else if (error === null && this.isComplete) {
      transport.loseConnection();
      callback(null);
    } else if (this.keepsLastWords) {
      sendLastWords(transport, error === null);
      callback(error);
    } else {
      this.#gone = () => callback(error);
      cut(transport);
    }
  }

  #send(chunks: readonly Bytes[], callback: Done): void {
    const transport = this.#transport;
    if (transport === null || this.#isWriteOver) {
      this.#refuseWrite(callback);
      return;
    }
    const byteCount = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
    try {
      transport.writeSequence(chunks);
      this.#bytesInFlight = byteCount;
      transport.flushed().then(
        () => {
          this.#bytesInFlight = 0;
          this.moved("out", byteCount);
          callback();
        },
        () => this.#refuseWrite(callback),
      );
    } catch (error) {
      callback(error as Error);
    }
  }

  /** Failing destroys a stream, so what the peer still says goes first. */
  #refuseWrite(callback: Done): void {
    let isTold = false;
    const tell = (): void => {
      if (isTold) return;
      isTold = true;
      callback(this.errorOf(this.#reason?.kind === "done" ? null : this.#reason));
    };
    if (this.readableEnded || this.destroyed) tell();
    else this.once("end", tell).once("close", tell);
  }

  #endReading(): void {
    if (this.#isReadOver) return;
    this.#isReadOver = true;
    if (!this.destroyed) this.push(null);
    const transport = this.#transport;
    if (transport !== null && this.writableFinished && !isHalfCloseable(transport)) {
      transport.loseConnection();
    }
  }

  #over(reason: CloseReason): void {
    this.#reason = reason;
    this.#isWriteOver = true;
    if (this.#gone !== null) this.#gone();
    else if (reason.kind !== "done") this.destroy(this.errorOf(reason));
    else {
      this.#finishEnding();
      this.#endReading();
    }
  }

  #finishEnding(): void {
    this.#ended?.();
    this.#ended = null;
  }
}

/**
 * Ends the connection when what it has taken is sent: in order, or else by a cut. A peer that does
 * not take it soon is cut.
 */
function sendLastWords(transport: Transport, isOrderly: boolean): void {
  const timer = systemRuntime().clock.after(LAST_WORDS_MAX_MS, () => cut(transport));
  const sent = transport.flushed();
  if (isOrderly) transport.loseConnection();
  const done = (): void => {
    timer[Symbol.dispose]();
    if (!isOrderly) cut(transport);
  };
  sent.then(done, done);
}

const LAST_WORDS_MAX_MS = 1000;

/** The same for all versions of Node, whose own default has changed. */
const BUFFER_BYTES = 64 * 1024;

function bufferOf(data: Bytes): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
