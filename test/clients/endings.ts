import assert from "node:assert/strict";
import type { EventEmitter } from "node:events";
import type { Connection } from "../../src/bridges/index.ts";
import type { CloseReason } from "../../src/contract/index.ts";
import type { Dialled, Way } from "./ways.ts";

/** It ended in order, and everything that was written had left. */
export async function assertDone({ near, socket }: Dialled): Promise<void> {
  const { kind, error, ledger } = await near.closed;
  assert.deepEqual([kind, error, ledger.unsent], ["done", undefined, 0]);
  assert.equal(socket.destroyed, true);
}

/**
 * It ended in order, as far as it was up to us: a server that leaves with our close-notify unread
 * has its kernel tell that as a reset.
 */
export async function assertDoneOverTls({ near }: Pick<Dialled, "near">): Promise<void> {
  const { kind, code } = await near.closed;
  assert.ok(kind === "done" || code === "ERR_WIRE_RESET", `it ended ${kind} ${code}`);
}

/** The event, also of one that tells an error meanwhile. */
export function told(emitter: EventEmitter, event: string): Promise<readonly unknown[]> {
  return new Promise((resolve) => {
    emitter.once(event, (...args) => resolve(args));
  });
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
