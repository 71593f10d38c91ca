import { systemRuntime } from "../../../flow/index.ts";

/**
 * Makes what a round of the event loop reads one turn, for all sockets together. Node would run the
 * ticks of each callback by itself; a turn that ends behind them all needs none.
 */
export function joinRound(): void {
  if (endTurn !== null) return;
  endTurn = systemRuntime().turn.begin();
  if (endTurn !== null) setImmediate(endRound);
}

let endTurn: (() => void) | null = null;

function endRound(): void {
  const end = endTurn;
  endTurn = null;
  end?.();
}
