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
