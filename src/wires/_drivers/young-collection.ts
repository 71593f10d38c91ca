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
  if (handedOutBytes >= COLLECT_EVERY_BYTES) collectYoung();
}

/** Open sockets, and how many of them the last collection has seen, less those that went since. */
let openCount = 0;
let seenCount = 0;

/** So many more that are open, and what is young is collected. */
const COLLECT_EVERY_SOCKETS = 256;

/**
 * A socket is there that was not before. With each that stays the engine gives what is young more
 * room, and fills that before it collects: beside 10,000 connections it is nearly as much as they
 * are. Collected a little at a time most of it is never touched. Where as many go as come nothing
 * is asked for.
 */
export function socketOpened(): void {
  openCount += 1;
  if (openCount - seenCount >= COLLECT_EVERY_SOCKETS) collectYoung();
}

export function socketClosed(): void {
  openCount -= 1;
  if (openCount < seenCount) seenCount = openCount;
}

function collectYoung(): void {
  handedOutBytes = 0;
  seenCount = openCount;
  collect ??= find();
  collect();
}

/**
 * The engine hands its collector only to a context that is made while it is asked for; those that
 * are made later shall have none, unless the program has asked for it itself.
 */
function find(): () => void {
  try {
    const gc = collectorOfContext() ?? collectorAskedFor();
    if (typeof gc === "function") return () => void gc({ type: "minor" });
  } catch {
    // Where there is none to be had, the engine collects when it sees fit.
  }
  return () => undefined;
}

function collectorAskedFor(): unknown {
  setFlagsFromString("--expose-gc");
  try {
    return collectorOfContext();
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
}

function collectorOfContext(): unknown {
  return runInNewContext("globalThis.gc");
}
