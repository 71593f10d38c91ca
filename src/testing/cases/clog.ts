import type { Bytes } from "../../contract/index.ts";
import { check } from "../check.ts";
import { pattern } from "../pattern.ts";
import type { Stage } from "../stage.ts";
import type { StageEnd } from "../stage-end.ts";

/** More than any wire holds between a writer and a reader that does not read. */
export const CLOG_BYTES: number = 32 * 1024 * 1024;

/** How many turns without a byte moving count as stuck. */
const STUCK_TURNS = 24;

/** How much is written at a time, and how often again once nothing moved. */
const PIECE_BYTES = 1024 * 1024;
const PIECES_MORE = 3;

/**
 * Writes until the wire takes no more, to a peer that has paused reading: some mebibytes are queued
 * then, and none of them moves.
 *
 * @returns all that was written.
 */
export async function clog(stage: Stage, end: StageEnd): Promise<readonly Bytes[]> {
  const piece = pattern(PIECE_BYTES);
  const written: Bytes[] = [];
  const { transport } = end;
  for (let isStuck = false; !isStuck; ) {
    const pieces = transport.ledger.unsent === 0 ? 1 : PIECES_MORE;
    for (let count = 0; count < pieces; count++) {
      transport.write(piece);
      written.push(piece);
    }
    await stuck(stage, () => transport.ledger.sent);
    isStuck = transport.ledger.unsent >= (PIECES_MORE - 1) * PIECE_BYTES;
    check(
      written.length * PIECE_BYTES <= 2 * CLOG_BYTES,
      "a peer that does not read takes no end of bytes",
    );
  }
  return written;
}

/** Waits until `count` has not moved for a while. */
export async function stuck(stage: Stage, count: () => number): Promise<void> {
  let last = -1;
  let turns = 0;
  await stage.until("the wire to take no more", () => {
    turns = count() === last ? turns + 1 : 0;
    last = count();
    return turns > STUCK_TURNS;
  });
}
