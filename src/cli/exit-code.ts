import { constants } from "node:os";
import type { CloseReason } from "../contract/index.ts";
import { isWireError } from "../contract/index.ts";

/** What the shell is told. */
export const EXIT = { done: 0, failed: 1, usage: 2, timeout: 124, interrupted: 130 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A mistake in the command line: told in one message, and the exit code is 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The exit code that an error means. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT.usage;
  if (!isWireError(error)) return EXIT.failed;
  if (error.code === "ERR_WIRE_SPEC") return EXIT.usage;
  return error.code === "ERR_WIRE_TIMEOUT" ? EXIT.timeout : EXIT.failed;
}

/**
 * The exit code that the end of the only connection means. A child's status is passed on: its code,
 * or 128 and the number of its signal.
 */
export function exitCodeOfReason({ exitCode = 0, kind, signal }: CloseReason): number {
  if (kind === "done") return EXIT.done;
  if (signal !== undefined && kind !== "aborted") {
    return 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);
  }
  if (exitCode !== 0) return exitCode;
  return kind === "timeout" ? EXIT.timeout : EXIT.failed;
}
