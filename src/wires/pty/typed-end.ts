import type { Bytes, Clock } from "../../contract/index.ts";
import type { SlotOutlet } from "../_drivers/native/slot-outlet.ts";

/**
 * Types the end of input until it is stopped: at once, then after ever longer pauses.
 *
 * Elsewhere an end stays one; on a terminal it is one character for one reader, and none at all for
 * a program that changes the terminal's mode while the character waits there.
 */
export class TypedEnd {
  readonly #outlet: SlotOutlet;
  readonly #clock: Clock;
  #pauseMs = FIRST_PAUSE_MS;
  #timer: Disposable;

  constructor(outlet: SlotOutlet, clock: Clock) {
    this.#outlet = outlet;
    this.#clock = clock;
    this.#timer = clock.after(0, () => this.#type());
  }

  stop(): void {
    this.#timer[Symbol.dispose]();
  }

  #type(): void {
    // One that found no room yet is enough.
    if (this.#outlet.isDone) this.#outlet.send([END_OF_INPUT]);
    this.#timer = this.#clock.after(this.#pauseMs, () => this.#type());
    this.#pauseMs *= 2;
  }
}

/** VEOF, as every terminal has it at first. */
const END_OF_INPUT: Bytes = Uint8Array.of(4);
const FIRST_PAUSE_MS = 50;
