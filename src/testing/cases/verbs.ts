import type { Transport } from "../../contract/index.ts";
import { isAbortable, isHalfCloseable } from "../../contract/index.ts";
import { check } from "../check.ts";

/** Closes. */
export function close(transport: Transport): void {
  transport.loseConnection();
}

/** Aborts; for cases that need the capability. */
export function abort(transport: Transport): void {
  check(isAbortable(transport), "the wire says that it can abort, the transport cannot");
  transport.abortConnection();
}

/** Ends one direction; for cases that need the capability. */
export function endWriting(transport: Transport): void {
  check(isHalfCloseable(transport), "the wire says that it can half-close, the transport cannot");
  transport.loseWriteConnection();
}
