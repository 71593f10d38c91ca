import assert from "node:assert/strict";
import { test } from "node:test";
import type { CloseCause, Ledger } from "../../src/contract/index.ts";
import { describeReason } from "../../src/contract/index.ts";

const ledger: Ledger = {
  accepted: 0,
  sent: 0,
  unsent: 0,
  dropped: 0,
  received: 0,
  delivered: 0,
  undelivered: 0,
  inFlight: 0,
};

const DESCRIBED: readonly [CloseCause, string][] = [
  [{ kind: "done", by: "us" }, "closed by us"],
  [{ kind: "done", by: "peer" }, "closed by the peer"],
  [{ kind: "aborted", by: "us" }, "aborted by us"],
  [{ kind: "lost", by: "peer", code: "ERR_WIRE_RESET" }, "cut by the peer: ERR_WIRE_RESET"],
  [
    { kind: "lost", by: "wire", code: "ERR_WIRE_BROKEN", error: new Error("no carrier") },
    "lost on the wire: no carrier",
  ],
  [
    { kind: "timeout", by: "us", code: "ERR_WIRE_IDLE", error: new Error("idle too long") },
    "timed out: idle too long",
  ],
  [
    { kind: "failed", by: "us", code: "ERR_WIRE_PROTOCOL_THREW", error: new Error("boom") },
    "failed on our side: boom",
  ],
  [
    { kind: "failed", by: "peer", code: "ERR_WIRE_PEER_PROTOCOL" },
    "the peer broke a rule: ERR_WIRE_PEER_PROTOCOL",
  ],
];

for (const [cause, sentence] of DESCRIBED) {
  test(`a person reads ${cause.kind} by ${cause.by} as "${sentence}"`, () => {
    assert.equal(describeReason({ ...cause, ledger }), sentence);
  });
}
