import { systemRuntime } from "../../../flow/index.ts";
import type { Addon, Dispatch, Tables } from "./addon.ts";

/**
 * Starts the compiled part on the event loop; where that cannot be had, with a thread that waits
 * beside it.
 */
export function startReactor(addon: Addon, dispatch: Dispatch): Tables {
  return isThreaded() ? startBeside(addon, dispatch) : startInLoop(addon, dispatch);
}

/** A batch is a turn: it ends when ticks and promises of it have run, and needs none for that. */
function startInLoop(addon: Addon, dispatch: Dispatch): Tables {
  const { turn } = systemRuntime();
  let endTurn: (() => void) | null = null;
  const within: Dispatch = (...batch) => {
    endTurn = turn.begin();
    return dispatch(...batch);
  };
  const end = (): void => {
    const ending = endTurn;
    endTurn = null;
    ending?.();
  };
  return addon.start(within, end, false);
}

/** The thread goes on when timers and everybody else had a turn. */
function startBeside(addon: Addon, dispatch: Dispatch): Tables {
  const beside: Dispatch = (...batch) => {
    setImmediate(addon.goOn);
    return dispatch(...batch);
  };
  return addon.start(beside, () => undefined, true);
}

/** Bun and Deno have no loop of libuv; OVERWALL_WAKEUP asks for the thread elsewhere. */
function isThreaded(): boolean {
  const { versions, env } = process;
  return "bun" in versions || "deno" in versions || env["OVERWALL_WAKEUP"] === "thread";
}
