import type { CloseCause, CloseCode, ProcessAddress, ProcessStatus } from "../../contract/index.ts";
import { formatAddress, WireError } from "../../contract/index.ts";

/** Why the connection to a process is over that has exited; `undefined` when it went well. */
export function exited(status: ProcessStatus, peer: ProcessAddress): CloseCause | undefined {
  if (status.exitCode === 0) return undefined;
  const how =
    status.signal === null
      ? `exited with code ${status.exitCode}`
      : `was ended by ${status.signal}`;
  return cause({ kind: "lost", by: "peer" }, "ERR_WIRE_PROCESS_EXIT", status, peer, how);
}

/** The process has exited, and something that it started has kept one of its pipes since. */
export function descendantHolds(
  status: ProcessStatus,
  peer: ProcessAddress,
  graceMs: number,
): CloseCause {
  const how = `exited, but a descendant still holds a pipe of it, silent for ${graceMs} ms`;
  return cause({ kind: "timeout", by: "wire" }, "ERR_WIRE_DESCENDANT", status, peer, how);
}

function cause(
  whose: Pick<CloseCause, "kind" | "by">,
  code: CloseCode,
  { exitCode, signal }: ProcessStatus,
  peer: ProcessAddress,
  how: string,
): CloseCause {
  return {
    ...whose,
    code,
    error: new WireError(code, `${formatAddress(peer)} ${how}`, { address: peer }),
    ...(exitCode === null ? {} : { exitCode }),
    ...(signal === null ? {} : { signal }),
  };
}
