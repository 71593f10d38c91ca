import type { Bytes, ConnectionLimits } from "../contract/index.ts";
import { ChunkQueue } from "./chunk-queue.ts";
import type { Reading } from "./life.ts";
import type { ArrivedRider } from "./riders.ts";
import { RIDERS_HIGH } from "./riders.ts";
import type { Wire } from "./wire.ts";

/** What has come in: what waits for the protocol, whether it may go on, and the account of it. */
export class Inflow {
  /** Made when something must wait, all three. */
  #inbox: ChunkQueue | null = null;
  #early: Bytes[] | null = null;
  /** What came along, and how many bytes are delivered before it. */
  #riders: { readonly rider: ArrivedRider; readonly behind: number }[] | null = null;
  #isWireReading = false;
  received = 0;
  delivered = 0;
  /** By the protocol. */
  isPaused = false;
  /** Until a new protocol has been told of the connection, and a turn has passed. */
  isGated = true;

  get undelivered(): number {
    return this.received - this.delivered;
  }

  get isEmpty(): boolean {
    return this.#waitingBytes() === 0 && !this.#hasEarly() && this.#riderCount() === 0;
  }

  /** Whether a chunk may go straight to the protocol. */
  get isFlowing(): boolean {
    return !this.isPaused && !this.isGated && this.isEmpty;
  }

  get mayDeliver(): boolean {
    return !this.isPaused && !this.isGated;
  }

  /** Bytes went past: received and delivered, and shown to nobody. */
  pass(byteCount: number): void {
    this.received += byteCount;
    this.delivered += byteCount;
  }

  keep(chunk: Bytes): void {
    this.#inbox ??= new ChunkQueue();
    this.#inbox.push(chunk);
  }

  keepRider(rider: ArrivedRider): void {
    this.#riders ??= [];
    this.#riders.push({ rider, behind: this.delivered + this.#waitingBytes() });
  }

  /** Puts bytes that were delivered once ahead of everything, for another protocol. */
  putEarly(early: Bytes): void {
    this.#early ??= [];
    this.#early.unshift(early);
  }

  /** The next chunk to deliver, counted. */
  take(): Bytes | undefined {
    const early = this.#early?.shift();
    if (early !== undefined) return early;
    const chunk = this.#inbox?.shift();
    if (chunk !== undefined) this.delivered += chunk.length;
    return chunk;
  }

  /** What came along and is next, ahead of every chunk. */
  takeRider(): ArrivedRider | undefined {
    const first = this.#riders?.[0];
    if (first === undefined || this.#hasEarly() || first.behind > this.delivered) return;
    this.#riders?.shift();
    return first.rider;
  }

  discard(): void {
    this.#early = null;
    this.#inbox?.clear();
    this.discardRiders();
  }

  discardRiders(): void {
    const riders = this.#riders ?? [];
    this.#riders = null;
    for (const { rider } of riders) rider.discard();
  }

  #waitingBytes(): number {
    return this.#inbox === null ? 0 : this.#inbox.bytes;
  }

  #hasEarly(): boolean {
    return this.#early !== null && this.#early.length > 0;
  }

  #riderCount(): number {
    return this.#riders === null ? 0 : this.#riders.length;
  }

  /** Asks the wire to read or not, as the marks and the life of the connection want it. */
  syncReading(wire: Wire, reading: Reading, lingers: boolean, limits: ConnectionLimits): void {
    const wanted = this.#wantsReading(reading, lingers, limits);
    if (wanted === this.#isWireReading) return;
    this.#isWireReading = wanted;
    if (wanted) wire.resumeReading();
    else wire.pauseReading();
  }

  #wantsReading(reading: Reading, lingers: boolean, limits: ConnectionLimits): boolean {
    if (reading === "discarding") return lingers;
    if (reading !== "open" || this.isPaused || this.isGated) return false;
    if (this.#riderCount() > RIDERS_HIGH) return false;
    const mark = this.#isWireReading ? limits.readHigh : limits.readLow;
    return this.#waitingBytes() <= mark;
  }
}
