import type { Bytes, ConnectionLimits } from "../contract/index.ts";
import { ChunkQueue } from "./chunk-queue.ts";
import type { Reading } from "./life.ts";
import type { ArrivedRider } from "./riders.ts";
import { RIDERS_HIGH } from "./riders.ts";
import type { Wire } from "./wire.ts";

/** What has come in: what waits for the protocol, whether it may go on, and the account of it. */
export class Inflow {
  readonly #wire: Wire;
  readonly #inbox = new ChunkQueue();
  #early: Bytes[] = [];
  /** What came along, and how many bytes are delivered before it. */
  #riders: { readonly rider: ArrivedRider; readonly behind: number }[] = [];
  #isWireReading = false;
  received = 0;
  delivered = 0;
  /** By the protocol. */
  isPaused = false;
  /** Until a new protocol has been told of the connection, and a turn has passed. */
  isGated = true;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  get undelivered(): number {
    return this.received - this.delivered;
  }

  get isEmpty(): boolean {
    return this.#inbox.bytes === 0 && this.#early.length === 0 && this.#riders.length === 0;
  }

  /** Whether a chunk may go straight to the protocol. */
  get isFlowing(): boolean {
    return !this.isPaused && !this.isGated && this.isEmpty;
  }

  get mayDeliver(): boolean {
    return !this.isPaused && !this.isGated;
  }

  keep(chunk: Bytes): void {
    this.#inbox.push(chunk);
  }

  keepRider(rider: ArrivedRider): void {
    this.#riders.push({ rider, behind: this.delivered + this.#inbox.bytes });
  }

  /** Puts bytes that were delivered once ahead of everything, for another protocol. */
  putEarly(early: Bytes): void {
    this.#early.unshift(early);
  }

  /** The next chunk to deliver, counted. */
  take(): Bytes | undefined {
    const early = this.#early.shift();
    if (early !== undefined) return early;
    const chunk = this.#inbox.shift();
    if (chunk !== undefined) this.delivered += chunk.byteLength;
    return chunk;
  }

  /** What came along and is next, ahead of every chunk. */
  takeRider(): ArrivedRider | undefined {
    const first = this.#riders[0];
    if (first === undefined || this.#early.length > 0 || first.behind > this.delivered) return;
    this.#riders.shift();
    return first.rider;
  }

  discard(): void {
    this.#early = [];
    this.#inbox.clear();
    this.discardRiders();
  }

  discardRiders(): void {
    const riders = this.#riders;
    this.#riders = [];
    for (const { rider } of riders) rider.discard();
  }

  /** Asks the wire to read or not, as the marks and the life of the connection want it. */
  syncReading(reading: Reading, lingers: boolean, limits: ConnectionLimits): void {
    const wanted = this.#wantsReading(reading, lingers, limits);
    if (wanted === this.#isWireReading) return;
    this.#isWireReading = wanted;
    if (wanted) this.#wire.resumeReading();
    else this.#wire.pauseReading();
  }

  #wantsReading(reading: Reading, lingers: boolean, limits: ConnectionLimits): boolean {
    if (reading === "discarding") return lingers;
    if (reading !== "open" || this.isPaused || this.isGated) return false;
    if (this.#riders.length > RIDERS_HIGH) return false;
    const mark = this.#isWireReading ? limits.readHigh : limits.readLow;
    return this.#inbox.bytes <= mark;
  }
}
