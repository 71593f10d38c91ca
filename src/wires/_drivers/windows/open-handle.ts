import type { WireErrorCode } from "../../../contract/index.ts";
import { CompletionPort } from "./completion-port.ts";
import { loadKoffi } from "./koffi.ts";
import { SystemCalls } from "./system-calls.ts";
import type { Handle, HandleFacts } from "./windows-calls.ts";
import { ERROR_INVALID_PARAMETER, windowsError } from "./windows-error.ts";

/** A handle that cannot be used, and why. */
export class HandleRefusal extends Error {
  readonly code: WireErrorCode;

  constructor(code: WireErrorCode, why: string, cause?: Error) {
    super(why, { cause });
    this.code = code;
  }
}

/** @throws {HandleRefusal} for one that is not open, or that no port could serve. */
export function inspectHandle(handle: Handle, { calls }: CompletionPort): HandleFacts {
  const facts = calls.facts(handle);
  if (typeof facts === "number") {
    const cause = windowsError("GetFileType", facts);
    throw new HandleRefusal("ERR_WIRE_REFUSED", `handle ${handle} is not open`, cause);
  }
  if (facts.kind === "socket") {
    throw new HandleRefusal("ERR_WIRE_UNSUPPORTED", "it is a socket; use tcp instead");
  }
  if (facts.isOverlapped) return facts;
  const why = "it was not opened with FILE_FLAG_OVERLAPPED: using it would hold the loop";
  throw new HandleRefusal("ERR_WIRE_UNSUPPORTED", why);
}

/**
 * Attaches a handle that was inspected. It belongs to the port from then on, for as long as it is
 * open: Windows takes none back.
 *
 * @param attached those that the same owner attached to this port, and that are not closed since.
 * Windows does not tell whose port a handle has, and its number may be another handle's by now: a
 * new one is simply attached, and nobody's but the owner's word is taken for an old one.
 * @throws {HandleRefusal} for one that has a port already.
 */
export function attachHandle(handle: Handle, attached: Set<Handle>, port: CompletionPort): void {
  const error = port.calls.attach(handle);
  if (error === 0) attached.add(handle);
  if (error === 0 || (error === ERROR_INVALID_PARAMETER && attached.has(handle))) return;
  const why =
    error === ERROR_INVALID_PARAMETER
      ? "it has a completion port: not ours, or ours by another descriptor(), which can connect again"
      : "it cannot be attached to a completion port";
  throw new HandleRefusal("ERR_WIRE_REFUSED", why, windowsError("CreateIoCompletionPort", error));
}

/**
 * The one port of this thread, made when it is first asked for.
 *
 * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED where the system is not Windows in 64 bits.
 * @throws {WireError} ERR_WIRE_MISSING_PEER where `koffi` is not installed or cannot be used,
 *   ERR_WIRE_REFUSED when Windows gives no completion port.
 */
export function completionPort(): CompletionPort {
  port ??= new CompletionPort(new SystemCalls(loadKoffi()));
  return port;
}

let port: CompletionPort | undefined;
