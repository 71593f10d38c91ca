import type { WireErrorCode } from "../../../contract/index.ts";
import { CompletionPort } from "./completion-port.ts";
import { loadKoffi } from "./koffi.ts";
import { OverlappedHandle } from "./overlapped-handle.ts";
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
 * Takes a handle that was inspected. It belongs to the port from then on.
 *
 * @throws {HandleRefusal} for one that has another port.
 */
export function takeHandle(
  handle: Handle,
  facts: HandleFacts,
  isShared: boolean,
  port: CompletionPort,
): OverlappedHandle {
  const error = port.calls.attach(handle);
  if (error === 0) return new OverlappedHandle(handle, facts, port, isShared);
  const why =
    error === ERROR_INVALID_PARAMETER
      ? "another completion port has it: one handle belongs to one"
      : "it cannot be attached to a completion port";
  throw new HandleRefusal("ERR_WIRE_REFUSED", why, windowsError("CreateIoCompletionPort", error));
}

/**
 * The one port of this thread, made when it is first asked for.
 *
 * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED where the system is not Windows in 64 bits.
 * @throws {WireError} ERR_WIRE_MISSING_PEER where `koffi` is not installed.
 */
export function completionPort(): CompletionPort {
  port ??= new CompletionPort(new SystemCalls(loadKoffi()));
  return port;
}

let port: CompletionPort | undefined;
