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

/** Until `value` stays what it is for a while, in turns. */
export async function untilStill(value: () => number): Promise<void> {
  let [last, stillTurns] = [-1, 0];
  while (stillTurns < 2000) {
    await new Promise((resolve) => setImmediate(resolve));
    stillTurns = value() === last ? stillTurns + 1 : 0;
    last = value();
  }
}

/**
 * `error` has the system's code for a cut, and the whole reason beside it.
 *
 * Two things may come before it: what was written into the cut connection, which then is reset; and
 * the end of a child's output, which comes before the child's.
 */
export async function assertTellsCut(
  error: unknown,
  near: Connection,
  { cutCode }: Way,
): Promise<void> {
  const told = error as CutError;
  assert.equal(told.code, "ECONNRESET");
  const { kind, code = "" } = await near.closed;
  assert.equal(kind, "lost");
  assert.ok([cutCode, "ERR_WIRE_RESET"].includes(code), code);
  if (code === "ERR_WIRE_PROCESS_EXIT" && told.reason === undefined) return;
  assert.equal(told.reason?.code, code);
}

interface CutError {
  readonly code?: string;
  readonly reason?: CloseReason;
}

/** `asking` fails, and tells of the cut. */
export async function assertCut(
  asking: Promise<unknown>,
  near: Connection,
  way: Way,
): Promise<void> {
  const error = await asking.then(
    () => assert.fail("it did not fail"),
    (thrown: unknown) => thrown,
  );
  await assertTellsCut(error, near, way);
}
