import type { Duplex } from "node:stream";
import type { Address, Bytes } from "../contract/index.ts";
import { WireError } from "../contract/index.ts";
import type { Facts } from "../flow/index.ts";
import { systemRuntime } from "../flow/index.ts";
import { causeOfLoss } from "./cause-of-loss.ts";
import type { GivenWire } from "./given-endpoint.ts";
import { ownedChunks } from "./owned-chunks.ts";

/** The two ends of a connection, captured while they are known. */
export interface Ends {
  readonly host: Address;
  readonly peer: Address;
}

/**
 * A Node stream as a wire: verbs and facts, no decisions.
 *
 * Nothing is read before flow asks. Of a stream that is not known, nothing is taken for granted: it
 * may hand what is written on at once and as it is, so a copy is written, in a later turn.
 */
export class DuplexWire<S extends Duplex = Duplex> implements GivenWire {
  readonly host: Address;
  readonly peer: Address;
  protected readonly stream: S;
  protected readonly facts: Facts;
  protected bytesInFlight = 0;
  protected isEnding = false;
  /** Flow has let go, or the end is told: the stream's remaining events are nobody's. */
  protected isSilent = false;
  protected hasPeerEnded = false;
  #failure: Error | null = null;
  #isListening = false;
  #isOver = false;

  constructor(stream: S, facts: Facts, { host, peer }: Ends) {
    this.host = host;
    this.peer = peer;
    this.stream = stream;
    this.facts = facts;
    // When our direction ends is flow's business, not the stream's.
    stream.allowHalfOpen = true;
    stream.pause();
    stream.on("end", this.heardEnd);
    stream.on("finish", this.#finished);
    stream.on("error", this.#failed);
    stream.on("close", this.#closed);
  }

  /** Reports that the connection is there, and what of it had ended before. Once. */
  open(): void {
    this.facts.opened();
    const { closed, errored, readableEnded, writableFinished } = this.stream;
    this.#failure ??= errored;
    if (closed) this.later(this.#closed);
    else if (readableEnded) this.later(this.heardEnd);
    if (!closed && writableFinished) this.later(this.#finished);
  }

  send(chunks: readonly Bytes[]): void {
    this.later(() => {
      if (!this.isSilent) this.write(chunks.map((chunk) => new Uint8Array(chunk)));
    });
  }

  endSending(): void {
    this.isEnding = true;
    this.later(() => {
      if (!this.isSilent) this.stream.end();
    });
  }

  pauseReading(): void {
    this.stream.pause();
  }

  resumeReading(): void {
    if (!this.#isListening) {
      this.#isListening = true;
      this.listen();
    }
    this.startReading();
  }

  close(): void {
    this.isSilent = true;
    this.stream.destroy();
  }

  abort(): void {
    this.isSilent = true;
    this.stream.destroy();
  }

  /** Has the stream hand over what it reads, once it is to read. */
  protected listen(): void {
    this.stream.on("data", (chunk: Bytes) => this.#received(chunk));
  }

  /** Who listens is in place. */
  protected startReading(): void {
    this.stream.resume();
  }

  protected write(chunks: readonly Bytes[]): void {
    const last = chunks.length - 1;
    const written = (error?: Error | null): void => this.#written(error);
    this.bytesInFlight = 0;
    if (last > 0) this.stream.cork();
    for (const [index, chunk] of chunks.entries()) {
      this.bytesInFlight += chunk.length;
      this.stream.write(chunk, index === last ? written : undefined);
    }
    if (last > 0) this.stream.uncork();
  }

  /** All that is in flight was taken. Of a stream that is destroyed this means nothing. */
  protected written(): void {
    if (this.stream.destroyed || this.isSilent) return;
    const byteCount = this.bytesInFlight;
    this.bytesInFlight = 0;
    this.facts.sent(byteCount);
  }

  /** Whoever hears of the peer's end first says so. */
  protected readonly heardEnd = (): void => {
    if (this.hasPeerEnded) return;
    this.hasPeerEnded = true;
    if (!this.isSilent) this.ended();
  };

  /** The stream has given all, and its end. */
  protected ended(): void {
    this.facts.peerEnded();
  }

  /** Reports that it is over, once; with a cause unless flow has let go. */
  protected gone(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const isPremature = !this.isSilent && !this.hasPeerEnded;
    const failure = this.#failure ?? (isPremature ? closedEarly(this.peer) : null);
    this.isSilent = true;
    this.facts.over(failure === null ? undefined : causeOfLoss(failure, this.peer));
  }

  protected later(task: () => void): void {
    systemRuntime().turn.later(task);
  }

  #received(chunk: Bytes): void {
    if (this.isSilent || chunk.length === 0) return;
    for (const piece of ownedChunks(chunk)) this.facts.received(piece);
  }

  /** Without an error this means little: some versions report what a dead socket never sent. */
  #written(error?: Error | null): void {
    if (!error) this.written();
  }

  readonly #finished = (): void => {
    if (!this.isSilent) this.facts.sendingEnded();
  };

  /** Some streams fail and stay. */
  readonly #failed = (error: Error): void => {
    this.#failure ??= error;
    this.stream.destroy();
  };

  readonly #closed = (): void => this.gone();
}

function closedEarly(address: Address): WireError {
  const message = "Cannot go on: the stream was closed before its end";
  return new WireError("ERR_WIRE_BROKEN", message, { address });
}
