/**
 * Time, turns and luck are arguments: nothing below the wires reads a clock or rolls a die by
 * itself,
 * so a simulator can own all three.
 */
export interface Clock {
  /** Milliseconds from an arbitrary start; never goes back. */
  now(): number;
  /** Runs `task` once, `delayMs` from now at the earliest. Disposing cancels. */
  after(delayMs: number, task: () => void): Disposable;
}

/** Work that is due when the current turn ends. */
export interface EndOfTurn {
  /** How many layers lie beneath: the topmost goes first. */
  readonly depth: number;
  endTurn(): void;
}

/**
 * A turn is one callback from the outside together with the microtasks it started.
 *
 * A microtask is not a later turn.
 */
export interface Turn {
  /** Runs `work.endTurn()` when the current turn ends: topmost layer first, until none is left. */
  atEnd(work: EndOfTurn): void;
  /** Runs `task` in a later turn, never in this one, in the order of asking. */
  later(task: () => void): void;
}

/** The two together: what a flow is given. */
export interface Runtime {
  readonly clock: Clock;
  readonly turn: Turn;
}

/** Luck, seeded. */
export interface Chance {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** An integer from 0 up to, not including, `limit`. */
  below(limit: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
}
