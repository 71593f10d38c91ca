import assert from "node:assert/strict";
import type { CloseCode, CloseReason, Ledger } from "../../../src/contract/index.ts";
import type { Expected } from "./rows.ts";

const unseen = new Set<string>(
  Object.keys({
    ERR_WIRE_RESET: true,
    ERR_WIRE_TRUNCATED: true,
    ERR_WIRE_IDLE: true,
    ERR_WIRE_STALL: true,
    ERR_WIRE_LINGER: true,
    ERR_WIRE_HALF_OPEN: true,
    ERR_WIRE_HANDSHAKE: true,
    ERR_WIRE_PROTOCOL_THREW: true,
    ERR_WIRE_LIMIT: true,
    ERR_WIRE_PEER_PROTOCOL: true,
    ERR_WIRE_PROCESS_EXIT: true,
    ERR_WIRE_DESCENDANT: true,
    ERR_WIRE_DESCRIPTOR_OVERRUN: true,
    ERR_WIRE_BROKEN: true,
  } satisfies Record<CloseCode, true>),
);

/** The codes that no reason compared so far has had; but for those that cannot be told here. */
export function codesNeverTold(except: readonly string[]): readonly string[] {
  return [...unseen].filter((code) => !except.includes(code));
}

/** The whole reason: nothing more may be in it, nothing less. */
export function assertReason(reason: CloseReason, expected: Expected, what: string): void {
  const { error, ledger, via, ...told } = reason;
  unseen.delete(reason.code ?? "");
  const { message, ledger: account, via: below, ...rest } = expected;
  assert.deepEqual({ ...told, ledger }, { ...rest, ledger: { ...NOTHING, ...account } }, what);
  if (message === undefined) assert.equal(error, undefined, what);
  else assert.match(error?.message ?? "no error", message, what);
  if (below === undefined) assert.equal(via, undefined, what);
  else assertBelow(via, below, what);
}

function assertBelow(
  via: CloseReason | undefined,
  expected: NonNullable<Expected["via"]>,
  what: string,
): void {
  assert.ok(via !== undefined, `${what}: nothing is told of the layer beneath`);
  const { kind, by, code, ledger } = via;
  const told = { kind, by, ...(code === undefined ? {} : { code }) };
  if (expected !== "any") assert.deepEqual(told, expected, `${what}, beneath`);
  assert.equal(ledger.accepted, ledger.sent + ledger.unsent + ledger.dropped, what);
  assert.equal(ledger.received, ledger.delivered + ledger.undelivered, what);
}

const NOTHING: Ledger = {
  accepted: 0,
  sent: 0,
  unsent: 0,
  dropped: 0,
  received: 0,
  delivered: 0,
  undelivered: 0,
  inFlight: 0,
};
