import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, it } from "node:test";
import type { CloseReason, Observer, Opening } from "../../../src/contract/index.ts";
import { publishing } from "../../../src/wires/_drivers/diagnostics.ts";

const OPENING: Opening = {
  host: { kind: "unix", path: null },
  peer: { kind: "unix", path: "/run/s" },
};

const ledger = {
  accepted: 0,
  sent: 0,
  unsent: 0,
  dropped: 0,
  received: 0,
  delivered: 0,
  undelivered: 0,
  inFlight: 0,
};

const REASON: CloseReason = { kind: "done", by: "us", ledger };

describe("publishing", () => {
  it("costs nothing while nobody has subscribed", () => {
    const observer: Observer = { opened: () => undefined };
    assert.equal(publishing(observer), observer);
    assert.equal(publishing(undefined), undefined);
  });

  it("publishes the beginning and the end, and still tells the observer all", () => {
    const told: unknown[] = [];
    const published: unknown[] = [];
    const keep = (message: unknown, name: string | symbol): void =>
      void published.push([name, message]);
    const names = ["overwall.connection.opened", "overwall.connection.ended"];
    for (const name of names) subscribe(name, keep);
    try {
      const own: Observer = {
        opened: (opening) => void told.push(opening),
        bytes: (direction, data) => void told.push([direction, data.byteLength]),
        ended: (reason) => void told.push(reason),
      };
      const observer = publishing(() => own);
      observer?.opened?.(OPENING);
      observer?.bytes?.("in", new Uint8Array(3));
      observer?.ended?.(REASON);
    } finally {
      for (const name of names) unsubscribe(name, keep);
    }
    assert.deepEqual(told, [OPENING, ["in", 3], REASON]);
    assert.deepEqual(published, [
      ["overwall.connection.opened", OPENING],
      ["overwall.connection.ended", { ...OPENING, reason: REASON }],
    ]);
  });
});
