import assert from "node:assert/strict";
import type { Connection } from "../../src/bridges/index.ts";
import type { CloseReason } from "../../src/contract/index.ts";
import type { Dialled, Way } from "./ways.ts";

/** It ended in order, and everything that was written had left. */
export async function assertDone({ near, socket }: Dialled): Promise<void> {
  const { kind, error, ledger } = await near.closed;
  assert.deepEqual([kind, error, ledger.unsent], ["done", undefined, 0]);
  assert.equal(socket.destroyed, true);
}

/** `asking` fails with the system's code for a cut, and the whole reason beside it. */
export async function assertCut(
  asking: Promise<unknown>,
  near: Connection,
  { cutCode }: Way,
): Promise<void> {
  const error = await asking.then(
    () => assert.fail("it did not fail"),
    (thrown: Error & { readonly code?: string; readonly reason?: CloseReason }) => thrown,
  );
  assert.deepEqual([error.code, error.reason?.code], ["ECONNRESET", cutCode]);
  const { kind, code } = await near.closed;
  assert.deepEqual([kind, code], ["lost", cutCode]);
}
