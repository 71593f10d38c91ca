import { fstatSync } from "node:fs";

/**
 * Whether standard input, which nobody reads now, has bytes that nobody took. What a writer behind
 * a pipe has not written yet does not count: it learns by itself that nobody reads.
 */
export async function hasWaitingInput(): Promise<boolean> {
  const { stdin } = process;
  if (stdin.isTTY === true || stdin.readableEnded || stdin.destroyed) return false;
  if (stdin.readableLength > 0) return true;
  return await new Promise((resolve) => {
    stdin.once("data", () => resolve(true));
    stdin.once("end", () => resolve(false));
    stdin.once("error", () => resolve(false));
    stdin.resume();
    // A file answers in any case; a pipe or a socket in the next round of the loop, or not at all.
    const kind = fstatSync(0);
    if (kind.isFIFO() || kind.isSocket()) setImmediate(() => setImmediate(() => resolve(false)));
  });
}
