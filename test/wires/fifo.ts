import { closeSync } from "node:fs";

export type { Pipe } from "../../src/cli/tour/wires/pipe.ts";
export { makePipe } from "../../src/cli/tour/wires/pipe.ts";

/** Closes what is still open of it. */
export function closeQuietly(...fds: readonly number[]): void {
  for (const fd of fds) {
    try {
      closeSync(fd);
    } catch {
      // Closed already, by the connection that had it.
    }
  }
}
