import type {
  Bytes,
  ConnectionLimits,
  OnError,
  PullProducer,
  PushProducer,
} from "../contract/index.ts";
import { ChunkQueue } from "./chunk-queue.ts";
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
 * alive.
 */
const SEND_MAX_BYTES = 1024 * 1024;
const SEND_MAX_CLOSING_BYTES = 64 * 1024;

/**
 * What is on its way out: the queue, what the wire is sending, who produces it, and the account of
 * it.
 */
export class Outflow {
  readonly #producer = new ProducerSlot();
  readonly #waiters = new SentWaiters();
  readonly #wire: Wire;
  readonly #observers: Observers;
  readonly #onError: OnError;
  readonly #fail: (error: unknown) => void;
  readonly #queue = new ChunkQueue();
  readonly riders: Riders = new Riders();
  accepted = 0;
  dropped = 0;
  /** Accepted, and never to be sent. */
  lost = 0;
  inFlight = 0;
  #isSending = false;

  /** @param fail takes what a producer throws. */
  constructor(wire: Wire, observers: Observers, onError: OnError, fail: (error: unknown) => void) {
    this.#wire = wire;
    this.#observers = observers;
    this.#onError = onError;
    this.#fail = fail;
  }

  get hasProducer(): boolean {
    return this.#producer.isRegistered;
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

  push(chunks: readonly Bytes[], size: number): void {
    this.accepted += size;
    for (const chunk of chunks) this.#queue.push(chunk);
    this.#producer.wrote();
  }

  drop(size: number): void {
    this.accepted += size;
    this.dropped += size;
  }

  /** Whether this write is the one that passes `writeLimit`: it began above the mark. */
  passesLimit(size: number, limits: ConnectionLimits): boolean {
    const before = this.pending;
    return before > limits.writeHigh && before + size > limits.writeLimit;
  }

  /** Sends what is queued, as long as the wire takes it at once. */
  flush(isClosing: boolean): void {
    const bytesMax = isClosing ? SEND_MAX_CLOSING_BYTES : SEND_MAX_BYTES;
    while (this.inFlight === 0 && this.#queue.bytes > 0 && !this.#isSending) {
      const before = this.#queue.bytes;
      const chunks = this.#queue.take(bytesMax);
      this.inFlight = before - this.#queue.bytes;
      for (const chunk of chunks) this.#observers.bytes("out", chunk);
      this.#isSending = true;
      this.#wire.send(chunks, this.riders.board(this.inFlight));
      this.#isSending = false;
    }
  }

  /** False when the wire claims more than it was given. */
  sent(byteCount: number): boolean {
    if (!(byteCount > 0) || byteCount > this.inFlight) return false;
    this.inFlight -= byteCount;
    this.riders.sent(byteCount);
    this.#waiters.sentUpTo(this.sentCount);
    return true;
  }

  get sentCount(): number {
    return this.accepted - this.dropped - this.unsent;
  }

  /** Tells `told` once, when all that is pending now was sent, or is lost. */
  whenSent(told: (wasSent: boolean) => void): void {
    if (this.pending > 0 && this.lost === 0) {
      this.#waiters.add(this.sentCount + this.pending, told);
    } else {
      told(this.lost === 0);
    }
  }

  /** Nothing more will be sent: what is queued becomes unsent for good. */
  giveUp(): void {
    this.lost += this.#queue.clear();
    this.riders.giveUp();
    this.#waiters.lost();
  }

  register(producer: PullProducer | PushProducer, streaming: boolean, high: number): void {
    this.#producer.register(producer, streaming);
    if (streaming) this.pauseProducer(high);
    else guard(() => producer.resumeProducing(), this.#fail);
  }

  /** Forgets the producer; false when there was none. */
  unregister(): boolean {
    return this.#producer.take() !== null;
  }

  pauseProducer(high: number): void {
    const isFull = this.riders.count > RIDERS_HIGH;
    const producer = this.#producer.takePauseDue(this.pending, isFull ? -1 : high);
    if (producer === null) return;
    this.#observers.paused("out");
    guard(() => producer.pauseProducing(), this.#fail);
  }

  /**
   * With riders enough it stays paused, unless they wait for a byte: then for whose but its own.
   */
  resumeProducer(low: number): void {
    if (this.pending > 0 && this.riders.count > RIDERS_HIGH) return;
    const producer = this.#producer.takeResumeDue(this.pending, low);
    if (producer === null) return;
    this.#observers.resumed("out");
    guard(() => producer.resumeProducing(), this.#fail);
  }

  /** Tells the producer that this consumer is gone for good. */
  stopProducer(): void {
    const producer = this.#producer.take();
    if (producer === null) return;
    guard(
      () => producer.stopProducing(),
      (error) => this.#onError(error, { during: "stopProducing" }),
    );
  }
}
