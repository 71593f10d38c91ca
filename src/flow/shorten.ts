import type { Transport } from "../contract/index.ts";
import { seeThrough } from "./transport.ts";

/** What is left out of the way from one transport to another. */
export interface Shortened {
  /** Whether bytes go the short way now. */
  readonly isOpen: boolean;
  /** How many have gone it. */
  readonly carriedBytes: number;
}

/**
 * Says that the protocol of `from` does nothing with its bytes but write them to `to`, so that
 * wires that can may carry them without showing them; `null` where these two cannot.
 *
 * Nothing else changes: ledgers, limits, ends, reasons and back-pressure are as without it.
 * Whenever somebody needs to see a byte (an observer of bytes, another writer, another protocol),
 * and wherever the promise could not be kept otherwise, bytes take the ordinary way.
 */
export function shorten(from: Transport, to: Transport): Shortened | null {
  const source = seeThrough(from);
  const sink = seeThrough(to);
  return source === null || sink === null ? null : source.shortenTo(sink);
}
