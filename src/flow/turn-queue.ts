import type { EndOfTurn, Turn } from "../contract/index.ts";

/** How often work may ask for more within one end of turn before the rest waits for a later one. */
const ROUNDS_MAX = 64;

/**
 * The two queues of a turn, over any two ways to schedule.
 *
 * Work for the end of the turn goes topmost layer first and again until none asks for more, so that
 * a stack of layers costs one turn; after {@link ROUNDS_MAX} rounds the rest waits for a
 * later turn, so that two ends that feed each other cannot starve everything else.
 */
export class TurnQueue implements Turn {
  readonly #scheduleEnd: (task: () => void) => void;
  readonly #scheduleLater: (task: () => void) => void;
  #due: EndOfTurn[] = [];
  /** Somebody will run what is due, or it is running. */
  #endScheduled = false;
  /** A turn has begun whose end is still to come. */
  #hasBegun = false;
  #later: (() => void)[] = [];

  constructor(scheduleEnd: (task: () => void) => void, scheduleLater: (task: () => void) => void) {
    this.#scheduleEnd = scheduleEnd;
    this.#scheduleLater = scheduleLater;
  }

  atEnd(work: EndOfTurn): void {
    this.#due.push(work);
    if (this.#endScheduled) return;
    this.#endScheduled = true;
    this.#scheduleEnd(this.#runEnd);
  }

  /**
   * A turn begins whose end comes of itself: whoever calls this calls the answer when no callback
   * is left to run in it, or a later one has begun. `null` when another is at it already.
   */
  begin(): (() => void) | null {
    if (this.#endScheduled) return null;
    this.#endScheduled = true;
    this.#hasBegun = true;
    return this.#endBegun;
  }

  later(task: () => void): void {
    this.#later.push(task);
    if (this.#later.length === 1) this.#scheduleLater(this.#runLater);
  }

  readonly #endBegun = (): void => {
    if (!this.#hasBegun) return;
    this.#hasBegun = false;
    this.#runEnd();
  };

  readonly #runEnd = (): void => {
    let works: readonly EndOfTurn[] = [];
    let ended = 0;
    try {
      for (let round = 0; round < ROUNDS_MAX && this.#due.length > 0; round++) {
        works = this.#takeDeepest();
        ended = 0;
        for (const work of works) {
          ended += 1;
          work.endTurn();
        }
      }
    } finally {
      // What one throws is the system's to report; no other connection may wait for ever behind it.
      if (ended < works.length) this.#due.unshift(...works.slice(ended));
      if (this.#due.length > 0) this.#scheduleLater(this.#runEnd);
      else this.#endScheduled = false;
    }
  };

  /** The work of the topmost layer that has any: a layer beneath goes when those above are done. */
  #takeDeepest(): EndOfTurn[] {
    const due = this.#due;
    let depth = 0;
    let mixed = false;
    const first = due[0]?.depth;
    for (const work of due) {
      if (work.depth !== first) mixed = true;
      if (work.depth > depth) depth = work.depth;
    }
    if (!mixed) {
      this.#due = [];
      return due;
    }
    this.#due = due.filter((work) => work.depth !== depth);
    return due.filter((work) => work.depth === depth);
  }

  readonly #runLater = (): void => {
    this.#endBegun();
    const tasks = this.#later;
    this.#later = [];
    let begun = 0;
    try {
      for (const task of tasks) {
        begun += 1;
        task();
      }
    } finally {
      if (begun < tasks.length) this.#runRestLater(tasks.slice(begun));
    }
  };

  #runRestLater(rest: (() => void)[]): void {
    if (this.#later.length === 0) this.#scheduleLater(this.#runLater);
    this.#later = [...rest, ...this.#later];
  }
}
