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
  /** A few at most: looked through faster than a map is made. */
  #names: Name[] = [];
  #dueAt: number[] = [];
  #timer: Disposable | null = null;
  #timerAt = Infinity;

  constructor(clock: Clock, seat: DeadlineSeat<Name>) {
    this.#clock = clock;
    this.#seat = seat;
  }

  /** Sets `name` to `delayMs` from now; `Infinity` takes it off. */
  set(name: Name, delayMs: number): void {
    const index = this.#names.indexOf(name);
    if (delayMs === Infinity) {
      if (index >= 0) this.#remove(index);
      return;
    }
    const at = this.#clock.now() + delayMs;
    if (index >= 0) {
      this.#dueAt[index] = at;
    } else {
      this.#names.push(name);
      this.#dueAt.push(at);
    }
    if (at < this.#timerAt) this.#arm(at);
  }

  /** Moves `name` to `delayMs` from now, if it is set. */
  move(name: Name, delayMs: number): void {
    if (this.has(name)) this.set(name, delayMs);
  }

  has(name: Name): boolean {
    return this.#names.includes(name);
  }

  clear(): void {
    if (this.#names.length > 0) {
      this.#names = [];
      this.#dueAt = [];
    }
    this.#disarm();
  }

  #remove(index: number): void {
    if (index === this.#names.length - 1) {
      this.#names.pop();
      this.#dueAt.pop();
    } else {
      this.#names.splice(index, 1);
      this.#dueAt.splice(index, 1);
    }
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
    for (const name of this.#names.filter((_, index) => (this.#dueAt[index] as number) <= now)) {
      // One that passes may take others off, or move them.
      const index = this.#names.indexOf(name);
      if (index < 0 || (this.#dueAt[index] as number) > now) continue;
      this.#remove(index);
      this.#seat.deadlinePassed(name);
    }
    const next = Math.min(...this.#dueAt);
    if (next < this.#timerAt) this.#arm(next);
  };
}
