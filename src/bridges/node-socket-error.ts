import type { CloseCode, CloseReason, WireErrorCode } from "../contract/index.ts";
import { describeReason, isWireError } from "../contract/index.ts";

/** An error as users of `net.Socket` know them. */
export interface SocketError extends Error {
  readonly code: string;
  readonly reason?: CloseReason;
}

/** How a connection ended, in the system's words; `null`: the peer takes no more. */
export function socketError(reason: CloseReason | null): SocketError {
  if (reason === null) {
    const message = "write EPIPE: the peer takes no more";
    return Object.assign(new Error(message), { code: "EPIPE" });
  }
  const code = codeOf(reason);
  const cause = reason.error === undefined ? undefined : { cause: reason.error };
  const error = new Error(`read ${code}: ${describeReason(reason)}`, cause);
  return Object.assign(error, { code, reason });
}

/** Why there is no connection, in the system's words; what is no error of ours stays as it is. */
export function dialError(thrown: unknown): Error {
  if (!isWireError(thrown)) return thrown instanceof Error ? thrown : new Error(String(thrown));
  const code = systemCode(thrown) ?? DIAL_CODES[thrown.code] ?? thrown.code;
  return Object.assign(new Error(`connect ${code}: ${thrown.message}`, { cause: thrown }), {
    code,
  });
}

const DIAL_CODES: { readonly [C in WireErrorCode]?: string } = {
  ERR_WIRE_REFUSED: "ECONNREFUSED",
  ERR_WIRE_RESOLVE: "ENOTFOUND",
  ERR_WIRE_TIMEOUT: "ETIMEDOUT",
  ERR_WIRE_PERMISSION: "EACCES",
};

function codeOf({ kind, code, error }: CloseReason): string {
  if (kind === "aborted") return "ECONNABORTED";
  if (code === "ERR_WIRE_BROKEN") return systemCode(error) ?? "ECONNRESET";
  return code === undefined ? "ECONNRESET" : (CODES[code] ?? "ECONNRESET");
}

/** The code that the system itself gave, however deep it lies. */
function systemCode(error: unknown): string | null {
  for (let next = error; next instanceof Error; next = next.cause) {
    const code: unknown = Reflect.get(next, "code");
    if (typeof code === "string" && /^E[A-Z0-9]+$/.test(code)) return code;
  }
  return null;
}

const CODES: { readonly [C in CloseCode]?: string } = {
  ERR_WIRE_IDLE: "ETIMEDOUT",
  ERR_WIRE_STALL: "ETIMEDOUT",
  ERR_WIRE_LINGER: "ETIMEDOUT",
  ERR_WIRE_HALF_OPEN: "ETIMEDOUT",
  ERR_WIRE_HANDSHAKE: "ETIMEDOUT",
  ERR_WIRE_DESCENDANT: "ETIMEDOUT",
  ERR_WIRE_PEER_PROTOCOL: "EPROTO",
  ERR_WIRE_LIMIT: "ECONNABORTED",
  ERR_WIRE_PROTOCOL_THREW: "ECONNABORTED",
};
