import type { Bytes, OnError, PullProducer, PushProducer } from "../contract/index.ts";
import { ChunkQueue } from "./chunk-queue.ts";
import type { Failing } from "./guard.ts";
import { guard } from "./guard.ts";
import type { Observers } from "./observers.ts";
import { ProducerSlot } from "./producer-slot.ts";
import { RIDERS_HIGH, Riders } from "./riders.ts";
import { SentWaiters } from "./sent-waiters.ts";
import type { Wire } from "./wire.ts";

/** Queued bytes that leave without waiting for the end of the turn. */
export const FLUSH_AT_ONCE_BYTES: number = 256 * 1024;

/**
 * Sent at most at a time, so that progress shows; less while closing, when only progress keeps it
 * alive, on a wire that tells of all or nothing.
 */
const SEND_MAX_BYTES = 1024 * 1024;
const SEND_MAX_CLOSING_BYTES = 64 * 1024;

/** Where bytes go, who watches, and who takes what a producer throws. */
export interface OutflowSeat extends Failing {
  readonly wire: Wire;
  readonly observers: Observers;
  /** Takes what a producer throws when it is stopped. */
  readonly onError: OnError;
}

/**
 * What is on its way out: the queue, what the wire is sending, who produces it, and the account of
 * it.
 */
export class Outflow {
  /** Both made when they are needed: a connection that is idle stays small. */
  #producer: ProducerSlot | null = null;
  #waiters: SentWaiters | null = null;
  readonly #seat: OutflowSeat;
  readonly #queue = new ChunkQueue();
  #riders: Riders | null = null;
  accepted = 0;
  dropped = 0;
  /** Accepted, and never to be sent. */
  lost = 0;
  inFlight = 0;
  #isSending = false;

  constructor(seat: OutflowSeat) {
    this.#seat = seat;
  }

  /** What goes along with bytes; made when it is asked for. */
  get riders(): Riders {
    this.#riders ??= new Riders();
    return this.#riders;
  }

  #riderCount(): number {
    return this.#riders === null ? 0 : this.#riders.count;
  }

  get hasRiders(): boolean {
    return this.#riderCount() > 0;
  }

  get hasProducer(): boolean {
    return this.#producer?.isRegistered === true;
  }

  /** Queued or being sent. */
  get pending(): number {
    return this.#queue.bytes + this.inFlight;
  }

  get queued(): number {
    return this.#queue.bytes;
  }

  get unsent(): number {
    return this.pending + this.lost;
  }

  /** Whether the wire is inside `send`: what it reports there is looked at when `send` returns. */
  get isSending(): boolean {
    return this.#isSending;
  }

  push(chunk: Bytes): void {
    this.accepted += chunk.length;
    this.#queue.push(chunk);
  }

  /** Bytes were pushed: a pull producer is asked for more when they have gone. */
  wrote(): void {
    this.#producer?.wrote();
  }

  /** The wire has been given bytes by another one: accepted, and in flight. */
  pass(byteCount: number): void {
    this.accepted += byteCount;
    this.inFlight += byteCount;
  }

  drop(size: number): void {
    this.accepted += size;
    this.dropped += size;
  }

  /** Sends what is queued, as long as the wire takes it at once. */
  flush(isClosing: boolean): void {
    if (this.#queue.bytes === 0) return;
    const { wire } = this.#seat;
    const isStepped = isClosing && wire.tellsParts !== true;
    const bytesMax = isStepped ? SEND_MAX_CLOSING_BYTES : SEND_MAX_BYTES;
    while (this.inFlight === 0 && this.#queue.bytes > 0 && !this.#isSending) {
      const before = this.#queue.bytes;
      const chunks = this.#queue.take(bytesMax);
      this.inFlight = before - this.#queue.bytes;
      for (const chunk of chunks) this.#seat.observers.bytes("out", chunk);
      this.#isSending = true;
      wire.send(chunks, this.#riders?.board(this.inFlight));
      this.#isSending = false;
    }
  }

  /** False when the wire claims more than it was given. */
  sent(byteCount: number): boolean {
    if (!(byteCount > 0) || byteCount > this.inFlight) return false;
    this.inFlight -= byteCount;
    this.#riders?.sent(byteCount);
    this.#waiters?.sentUpTo(this.sentCount);
    return true;
  }

  get sentCount(): number {
    return this.accepted - this.dropped - this.unsent;
  }

  /** Tells `told` once, when all that is pending now was sent, or is lost. */
  whenSent(told: (wasSent: boolean) => void): void {
    if (this.pending > 0 && this.lost === 0) {
      this.#waiters ??= new SentWaiters();
      this.#waiters.add(this.sentCount + this.pending, told);
    } else {
      told(this.lost === 0);
    }
  }

  /** What is queued becomes unsent for good; what is in flight may still be told as sent. */
  discardQueue(): void {
    this.lost += this.#queue.clear();
    this.#riders?.giveUpWaiting();
    this.#waiters?.lostBeyond(this.sentCount + this.inFlight);
  }

  /** Nothing more will be sent: what is queued becomes unsent for good. */
  giveUp(): void {
    this.lost += this.#queue.clear();
    this.#riders?.giveUp();
    this.#waiters?.lost();
  }

  register(producer: PullProducer | PushProducer, streaming: boolean, high: number): void {
    this.#producer ??= new ProducerSlot();
    this.#producer.register(producer, streaming);
    if (streaming) this.pauseProducer(high);
    else this.#ask(() => producer.resumeProducing());
  }

  /** Forgets the producer; false when there was none. */
  unregister(): boolean {
    return this.#producer !== null && this.#producer.take() !== null;
  }

  pauseProducer(high: number): void {
    const isFull = this.#riderCount() > RIDERS_HIGH;
    const producer = this.#producer?.takePauseDue(this.pending, isFull ? -1 : high) ?? null;
    if (producer === null) return;
    this.#seat.observers.paused("out");
    this.#ask(() => producer.pauseProducing());
  }

  /**
   * With riders enough it stays paused, unless they wait for a byte: then for whose but its own.
   */
  resumeProducer(low: number): void {
    if (this.pending > 0 && this.#riderCount() > RIDERS_HIGH) return;
    const producer = this.#producer?.takeResumeDue(this.pending, low) ?? null;
    if (producer === null) return;
    this.#seat.observers.resumed("out");
    this.#ask(() => producer.resumeProducing());
  }

  /** Tells the producer that this consumer is gone for good. */
  stopProducer(): void {
    const producer = this.#producer?.take() ?? null;
    if (producer === null) return;
    guard(
      () => producer.stopProducing(),
      (error) => this.#seat.onError(error, { during: "stopProducing" }),
    );
  }

  #ask(call: () => unknown): void {
    guard(call, (error) => this.#seat.fail(error));
  }
}
