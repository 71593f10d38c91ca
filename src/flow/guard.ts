/** Who takes what a callback of the user's throws. */
export interface Failing {
  fail(thrown: unknown): void;
}

/**
 * Runs a callback of the user's; what it throws, or rejects with later, goes to `failed`.
 *
 * @returns what was thrown, if anything was.
 */
export function guard(call: () => unknown, failed: (error: unknown) => void): unknown {
  try {
    const result = call();
    if (result instanceof Promise) result.catch(failed);
    return undefined;
  } catch (error) {
    failed(error);
    return error ?? new Error("a callback threw nothing");
  }
}
