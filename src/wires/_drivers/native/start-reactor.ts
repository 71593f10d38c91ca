import type { Addon, Dispatch, Tables } from "./addon.ts";

/**
 * Starts the compiled part on the event loop; where that cannot be had, with a thread that waits
 * beside it. The thread goes on when timers and everybody else had a turn.
 */
export function startReactor(addon: Addon, dispatch: Dispatch): Tables {
  if (!isThreaded()) return addon.start(dispatch, false);
  const beside: Dispatch = (...batch) => {
    setImmediate(addon.goOn);
    dispatch(...batch);
  };
  return addon.start(beside, true);
}

/** Bun and Deno have no loop of libuv; OVERWALL_WAKEUP asks for the thread elsewhere. */
function isThreaded(): boolean {
  const { versions, env } = process;
  return "bun" in versions || "deno" in versions || env["OVERWALL_WAKEUP"] === "thread";
}
