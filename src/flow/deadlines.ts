import type { Clock } from "../contract/index.ts";

/** Who is told that a time limit has passed. */
export interface DeadlineSeat<Name extends string> {
  deadlinePassed(name: Name): void;
}

/**
 * The time limits of one connection, on one timer.
 *
 * Moving a deadline back costs a number: the timer is only asked again when it fires too early.
 */
export class Deadlines<Name extends string> {
  readonly #clock: Clock;
  readonly #seat: DeadlineSeat<Name>;
  readonly #due = new Map<Name, number>();
  #timer: Disposable | null = null;
  #timerAt = Infinity;

  constructor(clock: Clock, seat: DeadlineSeat<Name>) {
    this.#clock = clock;
    this.#seat = seat;
  }

  /** Sets `name` to `delayMs` from now; `Infinity` takes it off. */
  set(name: Name, delayMs: number): void {
    if (delayMs === Infinity) {
      this.#due.delete(name);
      return;
    }
    const at = this.#clock.now() + delayMs;
    this.#due.set(name, at);
    if (at < this.#timerAt) this.#arm(at);
  }

  /** Moves `name` to `delayMs` from now, if it is set. */
  move(name: Name, delayMs: number): void {
    if (this.#due.has(name)) this.set(name, delayMs);
  }

  has(name: Name): boolean {
    return this.#due.has(name);
  }

  clear(): void {
    this.#due.clear();
    this.#disarm();
  }

  #arm(at: number): void {
    this.#disarm();
    this.#timerAt = at;
    this.#timer = this.#clock.after(Math.max(0, at - this.#clock.now()), this.#fired);
  }

  #disarm(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#timerAt = Infinity;
  }

  readonly #fired = (): void => {
    this.#timer = null;
    this.#timerAt = Infinity;
    const now = this.#clock.now();
    let next = Infinity;
    for (const [name, at] of [...this.#due]) {
      if (at <= now) {
        this.#due.delete(name);
        this.#seat.deadlinePassed(name);
      } else if (this.#due.has(name)) {
        next = Math.min(next, at);
      }
    }
    if (next < this.#timerAt && this.#due.size > 0) this.#arm(next);
  };
}
