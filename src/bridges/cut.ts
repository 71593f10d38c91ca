import type { Transport } from "../contract/index.ts";
import { isAbortable } from "../contract/index.ts";

/** Cuts `transport` where that can be done; elsewhere its own limits must end it. */
export function cut(transport: Transport): void {
  if (isAbortable(transport)) transport.abortConnection();
  else transport.loseConnection();
}
