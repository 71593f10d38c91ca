import type { Chance, Clock, Runtime, Turn } from "../contract/index.ts";
import { systemRuntime } from "../flow/system-runtime.ts";
import { TurnQueue } from "../flow/turn-queue.ts";
import { TimerHeap } from "./timer-heap.ts";

export interface VirtualRuntimeOptions {
  /**
   * Picks among timers due at the same moment, and between those and the next task for a later
   * turn. Without it: tasks first, then timers in the order of asking.
   */
  readonly chance?: Chance;
}

export interface RunOptions {
  /** How many steps to take before giving up with an error. Default 1 000 000. */
  readonly stepsMax?: number;
}

/**
 * Time and turns that stand still until someone steps them.
 *
 * A step is one turn: one task with the end of its turn. When nothing is due, the next step jumps
 * to
 * the next timer, so that a timeout of five minutes costs nothing. Tasks of `turn.later` keep the
 * order of asking, as promised there, whatever `chance` says.
 *
 * `step`, `runUntil` and `advance` are synchronous: promise code does not run in between. `run` and
 * `runFor` let it run after every task, before the end of its turn, as a real runtime does.
 *
 * @example a test without waiting
 * ```ts
 * const runtime = new VirtualRuntime();
 * const { left, right } = loopback(client, server, { runtime });
 * left.write(hello);
 * runtime.runUntil(() => server.received === 5);
 * ```
 */
export class VirtualRuntime implements Runtime {
  readonly clock: Clock;
  readonly turn: Turn;
  readonly #chance: Chance | undefined;
  readonly #timers = new TimerHeap();
  #tasks: (() => void)[] = [];
  #tasksTaken = 0;
  #endOfTurn: (() => void) | null = null;
  #nowMs = 0;
  #stepping = false;

  constructor(options: VirtualRuntimeOptions = {}) {
    this.#chance = options.chance;
    this.clock = {
      now: () => this.#nowMs,
      after: (delayMs, task) => this.#after(delayMs, task),
    };
    this.turn = new VirtualTurn(
      (task) => {
        this.#endOfTurn = task;
      },
      (task) => void this.#tasks.push(task),
    );
  }

  /** How many tasks, timers and ends of turn are still to come. */
  get scheduled(): number {
    return this.#tasksWaiting + this.#timers.size + (this.#endOfTurn === null ? 0 : 1);
  }

  /**
   * Takes one turn, jumping to the next timer when nothing is due; `false` when there is none.
   *
   * Work waiting for the end of a turn that was not a step (made by the test itself) is a step
   * alone.
   *
   * @throws whatever the task throws.
   * @throws {Error} when called from inside a step.
   */
  step(): boolean {
    if (this.#endTurn()) return true;
    if (!this.#takeTask(Infinity)) return false;
    this.#endTurn();
    return true;
  }

  /**
   * Steps until `until()` holds, checking before each step.
   *
   * @throws {Error} when nothing is scheduled any more, or after `stepsMax` steps.
   */
  runUntil(until: () => boolean, options: RunOptions = {}): void {
    const count = new StepCount(options);
    while (!until()) {
      count.next();
      if (!this.step()) throw new Error(`Cannot run on: ${NOTHING_LEFT}`);
    }
  }

  /**
   * Lets `durationMs` pass: runs all that is due until then, then sets the clock there.
   *
   * @throws {Error} after `stepsMax` steps, when tasks keep asking for more without time passing.
   */
  advance(durationMs: number, options: RunOptions = {}): void {
    const untilMs = this.#nowMs + checkDuration(durationMs);
    const count = new StepCount(options);
    for (;;) {
      if (this.#endTurn()) continue;
      if (!this.#takeTask(untilMs)) break;
      this.#endTurn();
      count.next();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /**
   * Steps until `until()` holds, or, without it, until nothing is scheduled; promise code runs
   * after
   * every task.
   *
   * @throws {Error} when `until` does not hold though nothing is scheduled and promise code had
   *   time to go on, or after `stepsMax` steps.
   */
  async run(until?: () => boolean, options: RunOptions = {}): Promise<void> {
    const count = new StepCount(options);
    let idleTurns = 0;
    await realTurn();
    while (until?.() !== true) {
      if (await this.#stepSlowly(Infinity)) {
        count.next();
        idleTurns = 0;
      } else if (++idleTurns >= IDLE_TURNS_MAX) {
        if (until === undefined) return;
        throw new Error(`Cannot run on: ${NOTHING_LEFT}`);
      }
    }
  }

  /** The same as `advance`, with promise code running after every task. */
  async runFor(durationMs: number, options: RunOptions = {}): Promise<void> {
    const untilMs = this.#nowMs + checkDuration(durationMs);
    const count = new StepCount(options);
    let idleTurns = 0;
    await realTurn();
    while (idleTurns < IDLE_TURNS_MAX) {
      if (await this.#stepSlowly(untilMs)) {
        count.next();
        idleTurns = 0;
      } else {
        idleTurns++;
      }
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  get #tasksWaiting(): number {
    return this.#tasks.length - this.#tasksTaken;
  }

  #after(delayMs: number, task: () => void): Disposable {
    if (Number.isNaN(delayMs))
      throw new RangeError("Cannot set a timer: the delay is not a number");
    if (delayMs === Infinity) return NEVER;
    return this.#timers.add(this.#nowMs + Math.max(0, delayMs), task);
  }

  /** A step with promise code between the task and the end of its turn, and after it. */
  async #stepSlowly(untilMs: number): Promise<boolean> {
    const ended = this.#endTurn();
    const stepped = ended || this.#takeTask(untilMs);
    await realTurn();
    if (stepped && !ended && this.#endTurn()) await realTurn();
    return stepped;
  }

  #endTurn(): boolean {
    this.#checkStanding();
    const work = this.#endOfTurn;
    if (work === null) return false;
    this.#endOfTurn = null;
    this.#perform(work);
    return true;
  }

  #takeTask(untilMs: number): boolean {
    this.#checkStanding();
    const timerMs = this.#timers.nextMs;
    if (this.#tasksWaiting > 0) {
      const isTimerDue = timerMs <= this.#nowMs;
      if (!isTimerDue || this.#chance?.chance(0.5) !== true) {
        this.#perform(this.#nextTask());
        return true;
      }
    }
    if (timerMs === Infinity || timerMs > untilMs) return false;
    this.#nowMs = Math.max(this.#nowMs, timerMs);
    const task = this.#timers.take(this.#chance);
    if (task !== null) this.#perform(task);
    return true;
  }

  #nextTask(): () => void {
    const task = this.#tasks[this.#tasksTaken++] as () => void;
    if (this.#tasksTaken >= TASKS_COMPACT && this.#tasksTaken * 2 >= this.#tasks.length) {
      this.#tasks = this.#tasks.slice(this.#tasksTaken);
      this.#tasksTaken = 0;
    }
    return task;
  }

  /** A step inside a step would end the turn of a task that has not returned. */
  #checkStanding(): void {
    if (this.#stepping) throw new Error("Cannot step: a step is being taken");
  }

  #perform(task: () => void): void {
    this.#stepping = true;
    try {
      task();
    } finally {
      this.#stepping = false;
    }
  }
}

/** Every task of a later turn is a turn of its own here, so that a step is as small as can be. */
class VirtualTurn extends TurnQueue {
  readonly #schedule: (task: () => void) => void;

  constructor(scheduleEnd: (task: () => void) => void, schedule: (task: () => void) => void) {
    super(scheduleEnd, schedule);
    this.#schedule = schedule;
  }

  override later(task: () => void): void {
    this.#schedule(task);
  }
}

class StepCount {
  readonly #max: number;
  #count = 0;

  constructor({ stepsMax = STEPS_MAX }: RunOptions) {
    this.#max = stepsMax;
  }

  next(): void {
    if (++this.#count > this.#max) {
      throw new Error(`Cannot run on: not finished after ${this.#max} steps`);
    }
  }
}

function checkDuration(durationMs: number): number {
  if (durationMs >= 0 && durationMs < Infinity) return durationMs;
  throw new RangeError(`Cannot let ${String(durationMs)} ms pass: give a number of at least 0`);
}

/** A real macrotask, so that promises, ticks and streams of the real world can go on. */
function realTurn(): Promise<void> {
  return new Promise((resolve) => systemRuntime().turn.later(resolve));
}

const NEVER: Disposable = { [Symbol.dispose]: () => {} };
const NOTHING_LEFT = "nothing is scheduled any more, and it is not finished";
const STEPS_MAX = 1_000_000;
/** How many real turns promise code gets to schedule something before we believe it has nothing. */
const IDLE_TURNS_MAX = 4;
/** From how many taken tasks on the list of tasks is cut. */
const TASKS_COMPACT = 1024;
