import type { Ledger } from "./ledger.ts";

/** Codes that a {@link CloseReason} can carry. */
export type CloseCode =
  | "ERR_WIRE_RESET"
  | "ERR_WIRE_TRUNCATED"
  | "ERR_WIRE_IDLE"
  | "ERR_WIRE_STALL"
  | "ERR_WIRE_LINGER"
  | "ERR_WIRE_HALF_OPEN"
  | "ERR_WIRE_HANDSHAKE"
  | "ERR_WIRE_PROTOCOL_THREW"
  | "ERR_WIRE_LIMIT"
  | "ERR_WIRE_DESCRIPTOR_OVERRUN"
  | "ERR_WIRE_PEER_PROTOCOL"
  | "ERR_WIRE_PROCESS_EXIT"
  | "ERR_WIRE_DESCENDANT"
  | "ERR_WIRE_BROKEN";

/**
 * How a connection ended.
 *
 * - `done`: both directions ended in order.
 * - `aborted`: we cut it with `abortConnection`.
 * - `lost`: the peer or the wire cut it.
 * - `timeout`: a time limit passed.
 * - `failed`: someone broke a rule: a callback threw, a limit was passed, the peer misbehaved.
 */
export type CloseKind = "done" | "aborted" | "lost" | "timeout" | "failed";

/** Whose doing it was. For `done`, the side whose end came first. */
export type Culprit = "us" | "peer" | "wire";

/** What a wire knows of why it is over; flow completes it. */
export interface CloseCause {
  readonly kind: CloseKind;
  readonly by: Culprit;
  readonly code?: CloseCode;
  /** What failed; for a cause from the system, its `cause` is the system's own error. */
  readonly error?: Error;
  /** The reason of the layer below. */
  readonly via?: CloseReason;
  /** A process's exit status. */
  readonly exitCode?: number;
  /** The signal that ended a process, or that our abort sent it. */
  readonly signal?: string;
}

/**
 * Why a connection ended: given once, as the argument of the last call, `connectionLost`.
 *
 * The first cause to become true stays, except that a `done` not yet complete gives way to a reset,
 * to a bound or to an exit status. An abort of ours stays `aborted` by `us`.
 *
 * @clause reason.done reason.doneByHalves reason.aborted reason.lost reason.lostWhileClosing
 * @see twisted.internet.error.ConnectionDone, ConnectionLost, ConnectionAborted: values here, not
 *   classes.
 */
export interface CloseReason extends CloseCause {
  /** The account of the whole connection, closed. */
  readonly ledger: Ledger;
}

/** One sentence for a person: who ended the connection, and why. */
export function describeReason(reason: CloseReason): string {
  const whose = { us: "us", peer: "the peer", wire: "the wire" }[reason.by];
  const how = {
    done: `closed by ${whose}`,
    aborted: `aborted by ${whose}`,
    lost: reason.by === "wire" ? "lost on the wire" : `cut by ${whose}`,
    timeout: "timed out",
    failed: reason.by === "peer" ? "the peer broke a rule" : "failed on our side",
  }[reason.kind];
  const detail = reason.error?.message ?? reason.code;
  return detail === undefined ? how : `${how}: ${detail}`;
}
