import { close } from "node:fs";
import type { Ownership } from "../open-duct.ts";

/** How a descriptor that is used in the thread pool is let go: `done` comes in a later turn. */
export function releaseOf(fd: number, ownership: Ownership): (done?: () => void) => void {
  const nothing = (): void => undefined;
  if (ownership === "shared") return (done = nothing) => void setImmediate(done);
  return (done = nothing) => close(fd, () => void setImmediate(done));
}
