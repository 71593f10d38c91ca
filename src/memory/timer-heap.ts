import type { Chance } from "../contract/index.ts";

/** One timer of a {@link TimerHeap}. */
export interface VirtualTimer extends Disposable {
  readonly dueMs: number;
}

interface Entry extends VirtualTimer {
  readonly serial: number;
  task: (() => void) | null;
}

/** Timers by the moment they are due; those of one moment in the order of asking, or by luck. */
export class TimerHeap {
  readonly #heap: Entry[] = [];
  /** Taken off the heap because their moment has come, and not run yet. */
  #moment: Entry[] = [];
  #serial = 0;
  #live = 0;

  /** How many will still run. */
  get size(): number {
    return this.#live;
  }

  /** When the next one is due; `Infinity` when there is none. */
  get nextMs(): number {
    this.#moment = this.#moment.filter(({ task }) => task !== null);
    while (this.#heap[0]?.task === null) this.#pop();
    return Math.min(this.#moment[0]?.dueMs ?? Infinity, this.#heap[0]?.dueMs ?? Infinity);
  }

  add(dueMs: number, task: () => void): VirtualTimer {
    const entry: Entry = {
      dueMs,
      serial: this.#serial++,
      task,
      [Symbol.dispose]: () => {
        if (entry.task !== null) this.#live--;
        entry.task = null;
      },
    };
    this.#live++;
    this.#push(entry);
    return entry;
  }

  /** Takes one of the timers due at the next moment: the first asked for, or one by `chance`. */
  take(chance: Chance | undefined): (() => void) | null {
    const dueMs = this.nextMs;
    while (this.#heap[0]?.dueMs === dueMs) {
      const entry = this.#pop();
      if (entry !== undefined && entry.task !== null) this.#moment.push(entry);
    }
    const index = chance === undefined ? 0 : this.#pick(chance);
    const entry = this.#moment.splice(index, 1)[0];
    if (entry === undefined) return null;
    const { task } = entry;
    entry[Symbol.dispose]();
    return task;
  }

  #pick(chance: Chance): number {
    return this.#moment.length < 2 ? 0 : chance.below(this.#moment.length);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, entry)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || last === top) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      let least = left;
      if (right !== undefined && isBefore(right, left)) {
        least = right;
        child++;
      }
      if (isBefore(last, least)) break;
      heap[at] = least;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.serial < b.serial);
}
