import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/** Blocks of so many bytes are handed out between two collections. */
const COLLECT_EVERY_BYTES = 4 * 1024 * 1024;

let handedOutBytes = 0;

/**
 * A block was handed out, or a part of one was lent, of which a layer has made something. Now and
 * then the engine is asked to collect what is young, so that blocks nobody holds come back while
 * they are warm in the processor's caches. Left to itself it counts the blocks as pressure, and
 * marks the whole heap.
 */
export function blockHandedOut(byteCount: number): void {
  handedOutBytes += byteCount;
  if (handedOutBytes < COLLECT_EVERY_BYTES) return;
  handedOutBytes = 0;
  collect ??= find();
  collect();
}

/**
 * The engine hands its collector only to a context that is made while it is asked for; those that
 * are made later shall have none.
 */
function find(): () => void {
  try {
    setFlagsFromString("--expose-gc");
    const gc: unknown = runInNewContext("gc");
    setFlagsFromString("--no-expose-gc");
    if (typeof gc === "function") return () => void gc({ type: "minor" });
  } catch {
    // Where there is none to be had, the engine collects when it sees fit.
  }
  return () => undefined;
}
