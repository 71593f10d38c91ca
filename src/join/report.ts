import type { CloseReason } from "../contract/index.ts";

/** One of the two that are joined. */
export type Side = "left" | "right";

/** How a join went, once both connections are over. */
export interface JoinReport {
  /** Why the left connection ended, with its ledger. */
  readonly left: CloseReason;
  readonly right: CloseReason;
  /** Bytes carried by the join: handed to the far wire, not only read from the near one. */
  readonly bytes: { readonly leftToRight: number; readonly rightToLeft: number };
  /** Of those, what went past the two protocols; absent where the wires have no way for that. */
  readonly shortcutBytes?: { readonly leftToRight: number; readonly rightToLeft: number };
  /** The side whose end, or loss, came first. */
  readonly endedFirst: Side;
  /** Where an abort had to become a plain end, because that wire cannot show one. */
  readonly abortBecameEnd?: Side | "both";
  /** The side that could not be told of the other one's end: its wire has no half-close. */
  readonly endNotPassed?: Side;
  /** The side whose peer took no more, unasked: a closed pipe. */
  readonly tookNoMore?: Side | "both";
  readonly durationMs: number;
}
