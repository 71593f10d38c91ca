import type { Address, Bytes } from "../contract/index.ts";
import { isBytes, PeerProtocolError, WireError } from "../contract/index.ts";
import type { Facts } from "../flow/index.ts";
import { systemRuntime } from "../flow/index.ts";
import { causeOfLoss } from "./cause-of-loss.ts";
import type { GivenWire } from "./given-endpoint.ts";
import { handled } from "./handled.ts";
import { ownedChunks } from "./owned-chunks.ts";

/** The two locked streams. */
export interface Halves {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly writer: WritableStreamDefaultWriter<Uint8Array>;
}

/**
 * Two web streams as a wire: verbs and facts, no decisions.
 *
 * Streams may hand what is written on at once and as it is, so a copy is written, in a later turn.
 */
export class WebStreamsWire implements GivenWire {
  readonly host: Address;
  readonly peer: Address;
  readonly #reader: Halves["reader"];
  readonly #writer: Halves["writer"];
  readonly #facts: Facts;
  #isReading = false;
  #isPulling = false;
  #hasPeerEnded = false;
  #isEnding = false;
  /** Flow has let go, or the end is told. */
  #isSilent = false;

  constructor(
    { reader, writer }: Halves,
    facts: Facts,
    { host, peer }: { readonly host: Address; readonly peer: Address },
  ) {
    this.host = host;
    this.peer = peer;
    this.#reader = reader;
    this.#writer = writer;
    this.#facts = facts;
  }

  open(): void {
    this.#facts.opened();
    this.#reader.closed.catch(this.#failed);
    this.#writer.closed.catch(this.#failed);
    // Only `closed` is looked at: it tells the same.
    void handled(this.#writer.ready);
  }

  send(chunks: readonly Bytes[]): void {
    this.#later(() => {
      for (const chunk of chunks) void this.#write(new Uint8Array(chunk));
    });
  }

  endSending(): void {
    this.#isEnding = true;
    this.#later(() => {
      this.#writer.close().then(() => {
        if (!this.#isSilent) this.#facts.sendingEnded();
      }, this.#failed);
    });
  }

  pauseReading(): void {
    this.#isReading = false;
  }

  resumeReading(): void {
    this.#isReading = true;
    this.#later(() => void this.#pull());
  }

  close(): void {
    this.#isSilent = true;
    if (!this.#isEnding) void handled(this.#writer.close());
    if (!this.#hasPeerEnded) void handled(this.#reader.cancel());
    this.#tellOver();
  }

  abort(): void {
    this.#isSilent = true;
    const message = "Cannot go on: the peer cut the connection";
    this.#discard(new WireError("ERR_WIRE_RESET", message, { address: this.host }));
    this.#tellOver();
  }

  async #write(chunk: Bytes): Promise<void> {
    try {
      await this.#writer.write(chunk);
      if (!this.#isSilent) this.#facts.sent(chunk.byteLength);
    } catch (error) {
      this.#failed(error);
    }
  }

  async #pull(): Promise<void> {
    if (this.#isPulling) return;
    this.#isPulling = true;
    try {
      while (this.#isReading && !this.#isSilent && !this.#hasPeerEnded) {
        const { done, value } = await this.#reader.read();
        if (this.#isSilent) break;
        if (done) this.#ended();
        else this.#received(value);
      }
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#isPulling = false;
    }
  }

  #ended(): void {
    this.#hasPeerEnded = true;
    this.#facts.peerEnded();
  }

  #received(chunk: unknown): void {
    if (!isBytes(chunk)) {
      throw new PeerProtocolError("read", "the stream gave something else than a Uint8Array");
    }
    if (chunk.byteLength === 0) return;
    for (const piece of ownedChunks(chunk)) this.#facts.received(piece);
  }

  readonly #failed = (error: unknown): void => {
    if (this.#isSilent) return;
    this.#isSilent = true;
    this.#discard(error);
    const cause = causeOfLoss(error, this.peer);
    systemRuntime().turn.later(() => this.#facts.over(cause));
  };

  /** Lets go of both streams; one that has ended or failed stays as it is. */
  #discard(error: unknown): void {
    void handled(this.#writer.abort(error));
    void handled(this.#reader.cancel(error));
  }

  #tellOver(): void {
    systemRuntime().turn.later(() => this.#facts.over());
  }

  #later(task: () => void): void {
    systemRuntime().turn.later(() => {
      if (!this.#isSilent) task();
    });
  }
}
