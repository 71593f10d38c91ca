import type { CloseCause, CloseCode, CloseReason } from "../contract/index.ts";
import { describeReason, isWireError, LimitError, WireError } from "../contract/index.ts";

/**
 * A callback threw: the connection is aborted for it, and no other.
 *
 * An error that says whose fault it was is believed: a limit of ours, or a rule the peer broke.
 */
export function threw(thrown: unknown): CloseCause {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
  const code = isWireError(error) ? error.code : undefined;
  if (code === "ERR_WIRE_LIMIT") return { kind: "failed", by: "us", code, error };
  if (code === "ERR_WIRE_PEER_PROTOCOL") return { kind: "failed", by: "peer", code, error };
  return { kind: "failed", by: "us", code: "ERR_WIRE_PROTOCOL_THREW", error };
}

/** A protocol wrote on while paused, past `writeLimit`. */
export function passedWriteLimit(limit: number, queued: number): CloseCause {
  const error = new LimitError("queue more bytes", "what is unsent", limit, queued);
  return { kind: "failed", by: "us", code: "ERR_WIRE_LIMIT", error };
}

/** The wire did what no wire may, or left without a word. */
export function wireBroke(what: string): CloseCause {
  const error = new WireError("ERR_WIRE_BROKEN", `The connection broke: the wire ${what}`);
  return { kind: "lost", by: "wire", code: "ERR_WIRE_BROKEN", error };
}

/**
 * What `connect` rejects with when a connection was over before it opened, for no stated reason.
 */
export function unopened(reason: CloseReason): WireError {
  return new WireError(
    reason.code ?? "ERR_WIRE_CLOSED",
    `Cannot connect: the connection ended before it opened (${describeReason(reason)})`,
  );
}

/**
 * Whether the end waits behind what is unread: one without a cause does, and so does the end of a
 * process, which comes when all of its output is here.
 */
export function waitsForReader(cause: CloseCause | undefined): boolean {
  if (cause === undefined || cause.kind === "done") return true;
  return cause.code === "ERR_WIRE_PROCESS_EXIT" || cause.code === "ERR_WIRE_DESCENDANT";
}

export type BoundName =
  | "handshake"
  | "idle"
  | "stall"
  | "halfOpen"
  | "lingerIdle"
  | "lingerTotal"
  | "lingerMax";

const TAIL = "what was sent last may not have arrived";

/** What is said of each limit, with its value and the option that sets it. */
const BOUNDS: { readonly [B in BoundName]: readonly [CloseCode, (limit: string) => string] } = {
  handshake: [
    "ERR_WIRE_HANDSHAKE",
    (limit) => `the handshake took longer than ${limit} (handshakeTimeoutMs)`,
  ],
  idle: ["ERR_WIRE_IDLE", (limit) => `no byte moved either way for ${limit} (idleMs)`],
  stall: [
    "ERR_WIRE_STALL",
    (limit) => `what was queued, or our end, was not taken for ${limit} (stallMs)`,
  ],
  halfOpen: [
    "ERR_WIRE_HALF_OPEN",
    (limit) => `the peer had ended and no byte was sent for ${limit} (halfOpenIdleMs)`,
  ],
  lingerIdle: [
    "ERR_WIRE_LINGER",
    (limit) => `the peer neither sent nor ended for ${limit} (lingerIdleMs); ${TAIL}`,
  ],
  lingerTotal: [
    "ERR_WIRE_LINGER",
    (limit) => `the peer did not end within ${limit} (lingerTotalMs); ${TAIL}`,
  ],
  lingerMax: [
    "ERR_WIRE_LINGER",
    (limit) => `more than ${limit} connections were lingering (lingerMax); ${TAIL}`,
  ],
};

/** A limit passed: a time in milliseconds, or for `lingerMax` a count. */
export function passedBound(name: BoundName, limit: number): CloseCause {
  const [code, words] = BOUNDS[name];
  const error = new WireError(code, words(name === "lingerMax" ? `${limit}` : timeOf(limit)));
  return { kind: "timeout", by: "us", code, error };
}

function timeOf(limitMs: number): string {
  return limitMs >= 1000 && limitMs % 100 === 0 ? `${limitMs / 1000} s` : `${limitMs} ms`;
}
