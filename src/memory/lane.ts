import type { Bytes } from "../contract/index.ts";
import { ChunkQueue } from "../flow/index.ts";
import type { PumpPolicy } from "./pump.ts";

/** The end of a lane that bytes come from. */
export interface LaneSource {
  sent(byteCount: number): void;
  sendingEnded(): void;
  /** Bytes were on their way to an end that has let go. */
  refused(): void;
  /** The pump policy broke its promise. */
  broken(error: unknown): void;
}

/** The end of a lane that bytes go to. */
export interface LaneTarget {
  readonly isReading: boolean;
  /** Has let go, and takes nothing any more. */
  readonly isGone: boolean;
  received(chunk: Bytes): void;
  peerEnded(): void;
}

/**
 * Decides when a lane moves and how much then: calls `move` once, never before it has returned and
 * never in the turn that asked. `move` asks again while something is left.
 */
export type Carrier = (move: (byteCountMax: number) => void) => void;

export interface LaneOptions {
  readonly source: LaneSource;
  readonly target: LaneTarget;
  readonly carrier: Carrier;
  readonly pump: PumpPolicy;
  /** How many bytes the lane takes over while the target does not read. */
  readonly capacity: number;
}

/**
 * One direction of a link: bytes, then perhaps an end.
 *
 * Bytes are copied as they leave the sender's hands, either straight into the target or, up to the
 * capacity, into the lane; `sent` says so in the same turn.
 */
export class Lane {
  readonly #source: LaneSource;
  readonly #target: LaneTarget;
  readonly #carrier: Carrier;
  readonly #pump: PumpPolicy;
  readonly #capacity: number;
  /** The sender's still. */
  readonly #waiting = new ChunkQueue();
  /** Ours: told as sent, not delivered yet. */
  readonly #held = new ChunkQueue();
  #end: "open" | "asked" | "taken" = "open";
  #isEndDelivered = false;
  #isMoveArranged = false;
  #isDead = false;

  constructor({ source, target, carrier, pump, capacity }: LaneOptions) {
    this.#source = source;
    this.#target = target;
    this.#carrier = carrier;
    this.#pump = pump;
    this.#capacity = capacity;
  }

  load(chunks: readonly Bytes[]): void {
    if (this.#end !== "open") return;
    for (const chunk of chunks) this.#waiting.push(chunk);
    this.wake();
  }

  /** No more will be loaded: the end follows the bytes. */
  end(): void {
    if (this.#end === "open") this.#end = "asked";
    this.wake();
  }

  /**
   * The target takes no more, as if it had ended our direction: what waits is left with the sender.
   */
  sever(): void {
    this.#waiting.clear();
    this.end();
  }

  /** Forgets everything, for good. */
  discard(): void {
    this.#isDead = true;
    this.#waiting.clear();
    this.#held.clear();
  }

  /** To be called whenever something may move that could not before. */
  wake(): void {
    if (this.#isMoveArranged || !this.#canMove()) return;
    this.#isMoveArranged = true;
    this.#carrier(this.#move);
  }

  #canMove(): boolean {
    const bytes = this.#waiting.bytes + this.#held.bytes;
    if (this.#isDead) return false;
    if (this.#target.isGone) return bytes > 0 || this.#end === "asked";
    if (this.#waiting.bytes > 0 && this.#held.bytes < this.#capacity) return true;
    if (this.#waiting.bytes === 0 && this.#end === "asked") return true;
    return this.#target.isReading && (bytes > 0 || (this.#end !== "open" && !this.#isEndDelivered));
  }

  readonly #move = (byteCountMax: number): void => {
    this.#isMoveArranged = false;
    if (this.#isDead) return;
    if (this.#target.isGone) {
      this.#refuse();
      return;
    }
    const isEnding = this.#end !== "open";
    const fromHeld = this.#deliver(this.#held, byteCountMax);
    let taken = 0;
    if (this.#held.bytes === 0) taken = this.#deliver(this.#waiting, byteCountMax - fromHeld);
    taken += this.#store(byteCountMax);
    if (taken > 0) this.#source.sent(taken);
    if (isEnding) this.#deliverEnd();
    this.wake();
  };

  /** Brings bytes to the target while it reads; answers how many. */
  #deliver(freight: ChunkQueue, byteCountMax: number): number {
    const room = Math.min(byteCountMax, freight.bytes);
    let moved = 0;
    let pieces = 0;
    for (const piece of this.#cut(freight.peek(room), room)) {
      if (++pieces > PIECES_PER_TURN) break;
      // Off the list before the call: inside it the target may end everything.
      freight.drop(piece.byteLength);
      moved += piece.byteLength;
      this.#target.received(new Uint8Array(piece));
      if (this.#isDead || this.#target.isGone || !this.#target.isReading) break;
    }
    return moved;
  }

  /** The policy's pieces, checked, none empty, none above the size that a kept chunk may pin. */
  *#cut(waiting: readonly Bytes[], byteCount: number): Generator<Bytes> {
    if (byteCount <= 0 || !this.#target.isReading) return;
    let left = byteCount;
    try {
      for (const piece of this.#pump(waiting)) {
        left -= piece.byteLength;
        if (left < 0) break;
        for (let at = 0; at < piece.byteLength; at += PIECE_BYTES_MAX) {
          yield piece.subarray(at, at + PIECE_BYTES_MAX);
        }
      }
      if (left !== 0) throw new RangeError(PUMP_MISCOUNTS);
    } catch (error) {
      this.#source.broken(error);
    }
  }

  /** Takes bytes over for later, as far as there is room; answers how many. */
  #store(byteCountMax: number): number {
    if (this.#isDead || this.#target.isGone) return 0;
    const room = Math.min(byteCountMax, this.#capacity - this.#held.bytes);
    let stored = 0;
    for (const chunk of this.#waiting.peek(room)) {
      this.#held.push(new Uint8Array(chunk));
      stored += chunk.byteLength;
    }
    this.#waiting.drop(stored);
    return stored;
  }

  /** Told to the sender once its bytes are taken, to the target once it has them all and reads. */
  #deliverEnd(): void {
    if (this.#isDead || this.#waiting.bytes > 0) return;
    const { isReading, isGone } = this.#target;
    if (this.#held.bytes === 0 && isReading && !isGone && !this.#isEndDelivered) {
      this.#isEndDelivered = true;
      this.#target.peerEnded();
    }
    this.#confirmEnd();
  }

  #confirmEnd(): void {
    if (this.#isDead || this.#end !== "asked") return;
    this.#end = "taken";
    this.#source.sendingEnded();
  }

  #refuse(): void {
    if (this.#waiting.bytes + this.#held.bytes === 0) {
      this.#confirmEnd();
      return;
    }
    this.discard();
    this.#source.refused();
  }
}

/** A kept chunk pins at most this much memory. */
const PIECE_BYTES_MAX = 256 * 1024;
/** So that a policy of small pieces cannot make one turn long. */
const PIECES_PER_TURN = 4096;
const PUMP_MISCOUNTS = "Cannot carry the bytes: the pump policy gave more or fewer than it got";
