import type { Bytes, Chance, Runtime } from "../contract/index.ts";
import { formatAddress } from "../contract/index.ts";
import type { Carrier } from "./lane.ts";
import type { Join } from "./link.ts";
import { Link, TURN_BYTES_MAX } from "./link.ts";
import type { PumpPolicy } from "./pump.ts";
import { pumps } from "./pump.ts";
import type { Trace } from "./trace.ts";
import { WeatheredFacts, WeatheredWire } from "./weathered-wire.ts";

/**
 * What weather may do. A correct wire may do all of it; a protocol must bear it.
 *
 * - `split`, `merge`, `oneByte`: chunks arrive cut, joined, byte by byte.
 * - `delay`: bytes arrive late. `clog`: one direction stands still for a while.
 * - `buffer`: a direction holds bytes on the way, told as sent before the peer has them.
 * - `late`, `progress`: what was sent is told late, or bit by bit.
 * - `reset`: the connection is cut at any moment. `end`: one direction is ended, unasked.
 */
export type Fault =
  | "split"
  | "merge"
  | "oneByte"
  | "delay"
  | "clog"
  | "buffer"
  | "late"
  | "progress"
  | "reset"
  | "end";

/** Faults that leave every connection whole: all that was sent arrives. */
export const HARMLESS_FAULTS: readonly Fault[] = [
  "split",
  "merge",
  "oneByte",
  "delay",
  "clog",
  "buffer",
  "late",
  "progress",
];

export const FAULTS: readonly Fault[] = [...HARMLESS_FAULTS, "reset", "end"];

export interface WeatherOptions {
  readonly runtime: Runtime;
  readonly chance: Chance;
  /** Told every verb and every fact of every connection. */
  readonly trace: Trace;
  /** What may happen at all. Default: everything. */
  readonly faults?: readonly Fault[];
}

/**
 * Bad weather for connections in memory: what happens, where and when is drawn from `chance`.
 *
 * At the start some faults are switched off altogether and the others get a weight each, so that no
 * two seeds are alike; the same seed does the same, event for event.
 */
export class Weather {
  /** Joins two wires by a link under this weather; for `loopback` and `memoryNetwork`. */
  readonly join: Join;
  readonly #options: WeatherOptions;
  readonly #weights: ReadonlyMap<Fault, number>;
  /** What is to be undone when it calms: clogs to open, breaks to call off. */
  readonly #pending = new Set<() => void>();
  #isCalm = false;
  #broken = 0;

  constructor(options: WeatherOptions) {
    this.#options = options;
    this.#weights = drawWeights(options.chance, options.faults ?? FAULTS);
    this.join = (linkOptions) => this.#join(linkOptions);
  }

  /** The faults that were not switched off. */
  get faults(): readonly Fault[] {
    return [...this.#weights.keys()];
  }

  /** How many connections were reset, or had a direction ended. */
  get broken(): number {
    return this.#broken;
  }

  /** Calms down for good: nothing is delayed, held or broken from here on. */
  calm(): void {
    this.#isCalm = true;
    const pending = [...this.#pending];
    this.#pending.clear();
    for (const undo of pending) undo();
  }

  #join(linkOptions: Parameters<Join>[0]): ReturnType<Join> {
    const { chance, trace } = this.#options;
    const name = formatAddress(linkOptions.leftAddress);
    let moves = 0;
    const link: Link = new Link({
      ...linkOptions,
      pump: this.#pump(),
      capacity: this.#strikes("buffer") ? 1 + chance.below(BUFFER_BYTES_MAX) : 0,
      carrier: () => this.#carrier(() => breaks.moved(++moves)),
    });
    const breaks = this.#planBreak(link, name);
    let ends = 2;
    const over = (): void => {
      if (--ends === 0) breaks.callOff();
    };
    const side = (which: "left" | "right"): ReturnType<Join>["left"] => {
      const note = (what: string): void => {
        trace.add(`${this.#now()} ${name} ${which} ${what}`);
      };
      const reportLater = this.#carrier(() => {}, "late");
      return (facts) => {
        const piece = (byteCount: number): number =>
          this.#strikes("progress") ? Math.min(byteCount, this.#drawSize()) : byteCount;
        const told = new WeatheredFacts({ facts, note, over, reportLater, piece });
        return new WeatheredWire(link[which].attach(told), note);
      };
    };
    return { left: side("left"), right: side("right") };
  }

  /** Whether `fault` happens now: its weight decides. */
  #strikes(fault: Fault): boolean {
    const weight = this.#weights.get(fault);
    return weight !== undefined && !this.#isCalm && this.#options.chance.chance(weight);
  }

  #pump(): PumpPolicy {
    const { chance } = this.#options;
    return (waiting) => {
      if (this.#strikes("oneByte")) return byteByByte(waiting);
      if (this.#strikes("split")) return pumps.random(chance, this.#drawSize())(waiting);
      return this.#strikes("merge") ? pumps.collapsing(waiting) : waiting;
    };
  }

  /** Moves now and then: in the next turn, after a delay, or when a clog has come loose. */
  #carrier(moved: () => void, cause: "delay" | "late" = "delay"): Carrier {
    const { chance, runtime } = this.#options;
    return (move) => {
      const go = (): void => {
        moved();
        move(this.#strikes("progress") ? this.#drawSize() : TURN_BYTES_MAX);
      };
      let delayMs = 0;
      if (this.#strikes(cause)) delayMs = chance.next() * DELAY_MS_MAX;
      if (cause === "delay" && this.#strikes("clog") && chance.chance(CLOG_SHARE)) {
        delayMs += chance.next() * CLOG_MS_MAX;
      }
      if (delayMs === 0) runtime.turn.later(go);
      else this.#after(delayMs, go, () => runtime.turn.later(go));
    };
  }

  /** Draws whether, how and when the connection breaks: at a count of moves, or at a moment. */
  #planBreak(link: Link, name: string): Breaks {
    const { chance, trace } = this.#options;
    const reset = this.#strikes("reset");
    const end = this.#strikes("end");
    if (!reset && !end) return { moved: () => {}, callOff: () => {} };
    const victim = chance.chance(0.5) ? "left" : "right";
    const strike = (): void => {
      isDone = true;
      this.#broken += 1;
      trace.add(`${this.#now()} ${name} ${reset ? "is reset" : `${victim} is ended`}`);
      if (reset) link.reset();
      else link[victim].sever();
    };
    let isDone = false;
    const movesMax = chance.chance(0.5) ? 1 + chance.below(BREAK_MOVES_MAX) : Infinity;
    const callOff =
      movesMax === Infinity
        ? this.#after(chance.next() * BREAK_MS_MAX, strike, () => {})
        : () => {};
    return {
      moved: (moves) => {
        if (moves >= movesMax && !isDone && !this.#isCalm) strike();
      },
      callOff,
    };
  }

  /** Runs `task` after `delayMs`; when it calms before, `instead`. Answers how to call it off. */
  #after(delayMs: number, task: () => void, instead: () => void): () => void {
    const undo = (): void => {
      timer[Symbol.dispose]();
      instead();
    };
    const timer = this.#options.runtime.clock.after(delayMs, () => {
      this.#pending.delete(undo);
      task();
    });
    this.#pending.add(undo);
    return () => {
      this.#pending.delete(undo);
      timer[Symbol.dispose]();
    };
  }

  /** From one byte to all that a turn moves, each order of magnitude as likely as the others. */
  #drawSize(): number {
    return Math.ceil(TURN_BYTES_MAX ** this.#options.chance.next());
  }

  #now(): string {
    return this.#options.runtime.clock.now().toFixed(3);
  }
}

interface Breaks {
  moved(moves: number): void;
  callOff(): void;
}

function* byteByByte(waiting: readonly Bytes[]): Generator<Bytes> {
  let left = SINGLE_BYTES_MAX;
  for (const chunk of waiting) {
    const cut = Math.min(left, chunk.byteLength);
    left -= cut;
    yield* pumps.oneByte([chunk.subarray(0, cut)]);
    yield chunk.subarray(cut);
  }
}

/** Which faults are on, and how often each strikes; about half are off altogether. */
function drawWeights(chance: Chance, faults: readonly Fault[]): Map<Fault, number> {
  const weights = new Map<Fault, number>();
  for (const fault of faults) {
    if (chance.chance(0.5)) weights.set(fault, 0.05 + 0.95 * chance.next() ** 2);
  }
  return weights;
}

const DELAY_MS_MAX = 20;
const CLOG_MS_MAX = 2000;
/** Clogs are long, so they are rarer than their weight says. */
const CLOG_SHARE = 0.1;
const BUFFER_BYTES_MAX = 64 * 1024;
/** Of much that waits only the beginning arrives byte by byte, so that bulk stays affordable. */
const SINGLE_BYTES_MAX = 256;
const BREAK_MOVES_MAX = 40;
const BREAK_MS_MAX = 500;
