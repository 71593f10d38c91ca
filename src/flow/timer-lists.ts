/** Starts a timer of the system; where such a one can keep the process, it can be told not to. */
export type StartTimer = (task: () => void, delayMs: number) => SystemTimer | number;

interface SystemTimer {
  ref(): unknown;
  unref(): unknown;
}

/**
 * Timers in lists of equal delay: what is asked for last is due last, so that a list needs one
 * timer of the system, and a limit that is set and cleared for each connection needs none.
 */
export class TimerLists {
  readonly #lists = new Map<number, TimerList>();
  readonly #now: () => number;
  readonly #start: StartTimer;

  constructor(now: () => number, start: StartTimer) {
    this.#now = now;
    this.#start = start;
  }

  /** Calls `task` when `delayMs` have passed, never earlier. Until then it keeps the process. */
  after(delayMs: number, task: () => void): Disposable {
    const delay = Math.ceil(delayMs);
    let list = this.#lists.get(delay);
    if (list === undefined) {
      list = new TimerList(delay, this.#now, this.#start, () => this.#lists.delete(delay));
      this.#lists.set(delay, list);
    }
    return list.add(task);
  }
}

/** The longest delay that the system's timers take; a longer one would fire at once. */
const DELAY_MAX_MS = 2 ** 31 - 1;

class Timer implements Disposable {
  readonly dueAt: number;
  readonly list: TimerList;
  task: (() => void) | null;
  before: Timer | null = null;
  after: Timer | null = null;

  constructor(list: TimerList, dueAt: number, task: () => void) {
    this.list = list;
    this.dueAt = dueAt;
    this.task = task;
  }

  [Symbol.dispose](): void {
    if (this.task !== null) this.list.remove(this);
  }
}

class TimerList {
  readonly #delayMs: number;
  readonly #now: () => number;
  readonly #start: StartTimer;
  readonly #emptied: () => void;
  #first: Timer | null = null;
  #last: Timer | null = null;
  #timeout: SystemTimer | number | null = null;
  #keepsProcess = true;
  #isFiring = false;

  constructor(delayMs: number, now: () => number, start: StartTimer, emptied: () => void) {
    this.#delayMs = delayMs;
    this.#now = now;
    this.#start = start;
    this.#emptied = emptied;
  }

  add(task: () => void): Timer {
    const timer = new Timer(this, this.#now() + this.#delayMs, task);
    timer.before = this.#last;
    if (this.#last === null) this.#first = timer;
    else this.#last.after = timer;
    this.#last = timer;
    // What is added by a task that is due now waits behind others, which may be due sooner.
    if (this.#timeout !== null) this.#keepProcess(true);
    else if (!this.#isFiring) this.#arm(this.#delayMs);
    return timer;
  }

  remove(timer: Timer): void {
    const { after, before } = timer;
    if (before === null) this.#first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
    timer.task = null;
    if (this.#first === null) this.#keepProcess(false);
  }

  #arm(delayMs: number): void {
    this.#timeout = this.#start(this.#fired, Math.min(delayMs, DELAY_MAX_MS));
    this.#keepsProcess = true;
  }

  readonly #fired = (): void => {
    this.#timeout = null;
    this.#isFiring = true;
    const now = this.#now();
    try {
      for (let timer = this.#first; timer !== null && timer.dueAt <= now; timer = this.#first) {
        const { task } = timer;
        this.remove(timer);
        task?.();
      }
    } finally {
      // Also when one throws, which is the system's to report: the others wait on.
      this.#isFiring = false;
      this.#goOn();
    }
  };

  #goOn(): void {
    if (this.#first === null) this.#emptied();
    else this.#arm(Math.max(1, Math.ceil(this.#first.dueAt - this.#now())));
  }

  /** Its last timer may be taken back, and another come: the system's is kept for that. */
  #keepProcess(keeps: boolean): void {
    const timeout = this.#timeout;
    if (keeps === this.#keepsProcess || typeof timeout !== "object" || timeout === null) return;
    this.#keepsProcess = keeps;
    if (keeps) timeout.ref();
    else timeout.unref();
  }
}
