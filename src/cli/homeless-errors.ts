import type { OnError } from "../contract/index.ts";
import { formatAddress } from "../contract/index.ts";
import type { Reporter } from "./reporter.ts";
import { codeOf, messageOf } from "./wording.ts";

/** Tells errors that belong to no connection that was counted. */
export function tellErrors(reporter: Reporter): OnError {
  return (error, { during, peer }) => {
    const whose = peer === undefined ? "" : `${formatAddress(peer)}: `;
    reporter.fault(
      { event: "error", during, peer, message: messageOf(error), ...codeOf(error) },
      `${whose}${during}: ${messageOf(error)}`,
    );
  };
}
