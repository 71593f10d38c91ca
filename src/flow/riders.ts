import type { CloseCause, Protocol } from "../contract/index.ts";
import { WireError } from "../contract/index.ts";

/**
 * What leaves with the bytes and is none of them: a descriptor on a UNIX socket. One of the two is
 * called, once.
 */
export interface Rider {
  /** The byte that it was given left, and it with it. */
  left(): void;
  /** It will never leave. */
  stayed(): void;
}

/** What came with the bytes and is none of them. One of the two is called, once. */
export interface ArrivedRider {
  deliver(protocol: Protocol): unknown;
  /** Nobody will take it. */
  discard(): void;
}

/** So many more waiting, and a push producer is paused, or the wire is not read. */
export const RIDERS_HIGH = 64;

/** What waits for a byte to leave with: each takes one, in order. */
export class Riders {
  #waiting: Rider[] = [];
  #inFlight: Rider[] = [];

  get count(): number {
    return this.#waiting.length + this.#inFlight.length;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  push(rider: Rider): void {
    this.#waiting.push(rider);
  }

  /** Those that leave with the next `byteCount` bytes. */
  board(byteCount: number): readonly Rider[] {
    if (this.#waiting.length === 0) return NOBODY;
    this.#inFlight = this.#waiting.splice(0, byteCount);
    return this.#inFlight;
  }

  /** Each byte that left had its rider with it. */
  sent(byteCount: number): void {
    if (this.#inFlight.length === 0) return;
    const left = this.#inFlight;
    this.#inFlight = left.slice(byteCount);
    for (const rider of left.slice(0, byteCount)) rider.left();
  }

  /** Those without a byte will not leave; the others may still be told of. */
  giveUpWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const rider of waiting) rider.stayed();
  }

  giveUp(): void {
    const all = [...this.#inFlight, ...this.#waiting];
    this.#waiting = [];
    this.#inFlight = [];
    for (const rider of all) rider.stayed();
  }
}

const NOBODY: readonly Rider[] = [];

/** The close was asked for, and every byte has left. */
export function overran(count: number): CloseCause {
  const code = "ERR_WIRE_DESCRIPTOR_OVERRUN";
  const what = count === 1 ? "a descriptor was" : `${count} descriptors were`;
  const message = `Cannot pass every descriptor: ${what} left with no byte to travel with`;
  return { kind: "failed", by: "us", code, error: new WireError(code, message) };
}
