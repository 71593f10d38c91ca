import type { Clock } from "../contract/index.ts";

/**
 * The lingering connections of each clock, that is of a process or of a simulated world, oldest
 * first.
 */
const lingering = new WeakMap<Clock, Set<() => void>>();

/**
 * Enters one more lingering connection; beyond `countMax` the longest lingering is cut.
 *
 * @returns leave: to be called when it has ended.
 */
export function enterLingering(clock: Clock, countMax: number, cut: () => void): () => void {
  let all = lingering.get(clock);
  if (all === undefined) {
    all = new Set();
    lingering.set(clock, all);
  }
  const entered = all.add(cut);
  for (const cutOldest of entered) {
    if (entered.size <= countMax) break;
    entered.delete(cutOldest);
    cutOldest();
  }
  return () => void entered.delete(cut);
}
