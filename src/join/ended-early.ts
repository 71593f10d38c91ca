import type { CloseReason } from "../contract/index.ts";
import { describeReason, WireError } from "../contract/index.ts";
import type { Side } from "./report.ts";

/** One side of a join was over before the other one was connected. */
export class EndedEarlyError extends WireError {
  override readonly name = "EndedEarlyError";
  readonly side: Side;
  readonly reason: CloseReason;
  constructor(side: Side, reason: CloseReason) {
    super(
      reason.code ?? "ERR_WIRE_CLOSED",
      `Cannot join: the ${side} connection ended first (${describeReason(reason)})`,
      reason.error === undefined ? {} : { cause: reason.error },
    );
    this.side = side;
    this.reason = reason;
  }
}
