import type { OnError } from "../contract/index.ts";
import { formatAddress } from "../contract/index.ts";

/** One line on the console's error stream: what went on, where, and the message. */
export const defaultOnError: OnError = (error, { during, peer, host }) => {
  const where = peer ?? host;
  const place = where === undefined ? "" : ` (${formatAddress(where)})`;
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  console.error(`overwall: ${during}${place}: ${message}`);
};
