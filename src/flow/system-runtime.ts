import type { Clock, Runtime } from "../contract/index.ts";
import { TimerLists } from "./timer-lists.ts";
import { TurnQueue } from "./turn-queue.ts";

const now = (): number => performance.now();
const timers = new TimerLists(now, (task, delayMs) => setTimeout(task, delayMs));

/** Real time. */
const systemClock: Clock = { now, after: (delayMs, task) => timers.after(delayMs, task) };

/** Calls `task` when the tick and microtask queues are empty. */
type Schedule = (task: () => void) => void;

/**
 * On Node the end of a turn is a tick asked for from a microtask: ticks run when the microtask
 * queue
 * is empty, so writes made behind an `await` still leave with the others.
 */
function nodeSchedules(): { readonly end: Schedule; readonly later: Schedule } {
  return {
    end: (task) => queueMicrotask(() => process.nextTick(task)),
    later: (task) => void setImmediate(task),
  };
}

/** In a browser both are a macrotask of a message channel, which is not throttled as timers are. */
function channelSchedules(): { readonly end: Schedule; readonly later: Schedule } {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  const receiver = port1 as unknown as { onmessage: () => void };
  receiver.onmessage = () => waiting.shift()?.();
  const schedule: Schedule = (task) => {
    waiting.push(task);
    port2.postMessage(null);
  };
  return { end: schedule, later: schedule };
}

function systemTurn(): TurnQueue {
  const onNode = typeof setImmediate === "function" && typeof process?.nextTick === "function";
  const { end, later } = onNode ? nodeSchedules() : channelSchedules();
  return new TurnQueue(end, later);
}

/** Whoever runs callbacks of the system's may say where a turn begins, and ends. */
export interface SystemRuntime extends Runtime {
  readonly turn: TurnQueue;
}

let shared: SystemRuntime | undefined;

/** The system's clock and turns: one for the whole thread. */
export function systemRuntime(): SystemRuntime {
  shared ??= { clock: systemClock, turn: systemTurn() };
  return shared;
}
