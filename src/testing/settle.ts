import type { Runtime } from "../contract/index.ts";
import { systemRuntime } from "../flow/index.ts";
import type { VirtualRuntime } from "../memory/index.ts";

/** Lets the world run until `until()` is true. */
export type Settle = (until: () => boolean) => Promise<void>;

/**
 * A `settle` for wires that live in real time: looks again in every turn, later every millisecond,
 * until `deadlineMs` have passed.
 */
export function settleByTurns(runtime: Runtime = systemRuntime(), deadlineMs = 20_000): Settle {
  const { clock, turn } = runtime;
  return async (until) => {
    const endMs = clock.now() + deadlineMs;
    for (let turns = 0; !until(); turns++) {
      if (clock.now() > endMs) throw new Error(`it did not happen within ${deadlineMs} ms`);
      await new Promise<void>((resolve) => {
        if (turns < EAGER_TURNS) turn.later(resolve);
        else clock.after(1, resolve);
      });
    }
  };
}

/**
 * A `settle` for wires whose time stands still: short steps first, so that a few turns cost next to
 * no time, then longer and longer ones, so that any limit is reached in a few hundred.
 */
export function settleVirtually(runtime: VirtualRuntime): Settle {
  return async (until) => {
    let stepMs = SHORT_STEP_MS;
    let quietSteps = 0;
    for (let steps = 0; !until(); steps++) {
      quietSteps = runtime.scheduled === 0 ? quietSteps + 1 : 0;
      if (quietSteps > QUIET_STEPS_MAX) throw new Error("nothing is left that could happen");
      if (stepMs > LONGEST_STEP_MS) throw new Error("it does not happen, however long one waits");
      if (steps === SHORT_STEPS) stepMs = STEP_MS;
      else if (steps > LEVEL_STEPS) stepMs *= 2;
      await runtime.runFor(stepMs);
    }
  };
}

/** How many turns in a row are asked for before a waiting settle rests for a millisecond. */
const EAGER_TURNS = 256;
const SHORT_STEPS = 32;
const SHORT_STEP_MS = 0.05;
const STEP_MS = 2;
/** From here on each step is twice as long as the one before. */
const LEVEL_STEPS = 400;
const LONGEST_STEP_MS = 24 * 60 * 60 * 1000;
const QUIET_STEPS_MAX = 40;
