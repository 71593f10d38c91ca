import { systemRuntime } from "../../../flow/index.ts";

/**
 * Makes what a round of the event loop reads one turn, for all sockets together: Node would run the
 * ticks of each callback by themselves, and a turn that ends behind them all needs none.
 *
 * @returns the round.
 */
export function joinRound(): number {
  if (isOn) return round;
  isOn = true;
  round += 1;
  endTurn = systemRuntime().turn.begin();
  setImmediate(endRound);
  return round;
}

/** Whether that round goes on. */
export function isStill(earlier: number): boolean {
  return isOn && earlier === round;
}

let round = 0;
let isOn = false;
let endTurn: (() => void) | null = null;

function endRound(): void {
  const end = endTurn;
  isOn = false;
  endTurn = null;
  end?.();
}
