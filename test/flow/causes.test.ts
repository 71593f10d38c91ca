import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CloseCause } from "../../src/contract/index.ts";
import { waitsForReader } from "../../src/flow/causes.ts";
import { bytes } from "./recorder.ts";
import { Scene } from "./scene.ts";

const EXIT: CloseCause = { kind: "lost", by: "peer", code: "ERR_WIRE_PROCESS_EXIT", exitCode: 3 };
const DESCENDANT: CloseCause = { kind: "timeout", by: "wire", code: "ERR_WIRE_DESCENDANT" };
const RESET: CloseCause = { kind: "lost", by: "peer", code: "ERR_WIRE_RESET" };
const BROKEN: CloseCause = { kind: "lost", by: "wire", code: "ERR_WIRE_BROKEN" };

/** A paused reader with five bytes unread, and a wire that is over for `cause`. */
function overBehindUnread(cause: CloseCause | undefined): Scene {
  const scene = Scene.open();
  scene.transport.pauseProducing();
  scene.flow.received(bytes("print"));
  scene.flow.over(cause);
  scene.advance(1_000_000);
  return scene;
}

describe("an end that comes when all output is here waits behind what is unread of it", () => {
  const rows = [
    ["an exit status", EXIT, "lost/peer/PROCESS_EXIT"],
    ["a descendant that kept a pipe", DESCENDANT, "timeout/wire/DESCENDANT"],
    ["no cause at all", undefined, "done/peer"],
  ] as const;
  for (const [what, cause, reason] of rows) {
    test(what, () => {
      const scene = overBehindUnread(cause);
      assert.deepEqual(scene.calls, ["made"], "a paused reader is told nothing");
      assert.equal(scene.reason, null);
      scene.transport.resumeProducing();
      scene.turns();
      assert.deepEqual(scene.calls, ["made", "data print", `lost ${reason}`]);
      assert.equal(scene.ended[0]?.exitCode, cause === EXIT ? 3 : undefined);
      assert.equal(scene.ledger.undelivered, 0);
    });
  }
});

describe("what cuts a connection waits for no reader, and counts what was not read", () => {
  for (const cause of [RESET, BROKEN]) {
    test(String(cause.code), () => {
      const scene = overBehindUnread(cause);
      assert.equal(scene.calls.length, 2);
      assert.equal(scene.ended[0]?.code, cause.code);
      assert.equal(scene.ledger.undelivered, 5);
    });
  }
});

test("an abort by us does not wait behind an exit status that does", () => {
  const scene = overBehindUnread(EXIT);
  scene.transport.abortConnection();
  scene.turns();
  assert.equal(scene.ended.length, 1);
  assert.equal(scene.ledger.undelivered, 5);
});

test("only ends and the ends of processes wait for the reader", () => {
  assert.ok(
    [undefined, { kind: "done", by: "us" } as const, EXIT, DESCENDANT].every(waitsForReader),
  );
  assert.ok(![RESET, BROKEN, { kind: "aborted", by: "us" } as const].some(waitsForReader));
});
