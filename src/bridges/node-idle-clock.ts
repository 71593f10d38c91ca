import * as timers from "node:timers";
import type { Clock } from "../contract/index.ts";
import { systemRuntime } from "../flow/index.ts";

/** Real time whose timers do not keep the process, as those of `net.Socket` do not. */
export const idleClock: Clock = {
  now: () => systemRuntime().clock.now(),
  after: (delayMs, task) => {
    const timer = timers.setTimeout(task, Math.min(delayMs, TIMEOUT_MAX_MS)).unref();
    return { [Symbol.dispose]: () => timers.clearTimeout(timer) };
  },
};

/** The longest delay that timers take. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1;
