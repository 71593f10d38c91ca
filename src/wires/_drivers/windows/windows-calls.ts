import type { Bytes } from "../../../contract/index.ts";

/** A handle as a number: Windows uses 32 bits of it. */
export type Handle = number;

/** Names one operation in flight: a number that whoever begins it chooses. */
export type Slot = number;

/** Where in a file, in bytes; `"end"`: behind what is there; 0 where there are no places. */
export type Place = number | "end";

/** An operation is over. */
export interface Completion {
  readonly slot: Slot;
  /** A number of Windows (`ERROR_…`); 0 when it went well. */
  readonly error: number;
  readonly byteCount: number;
}

/** What a handle leads to, and what may be done with it. */
export interface HandleFacts {
  readonly kind: "file" | "pipe" | "socket" | "device";
  readonly reads: boolean;
  readonly writes: boolean;
  /** It is written at its end, wherever that is. */
  readonly appends: boolean;
  readonly isOverlapped: boolean;
}

/**
 * The calls of Windows that overlapped handles and their one completion port need. What is told by
 * a number is an error of Windows, 0 for none.
 */
export interface WindowsCalls {
  facts(handle: Handle): HandleFacts | number;
  /** What is done with the handle from now on is told by `wait`. For as long as it is open. */
  attach(handle: Handle): number;
  /** 0: its completion will come; until then the buffer is the system's. Otherwise none will. */
  read(handle: Handle, into: Uint8Array, slot: Slot, at: Place): number;
  /** As `read`. Of one handle's writes without a place, the system takes the first one first. */
  write(handle: Handle, from: Bytes, slot: Slot, at: Place): number;
  /** Asks for the completion of what is in flight; it may yet have gone well. */
  cancel(handle: Handle, slot: Slot): void;
  close(handle: Handle): void;
  /**
   * Waits, on another thread, until something is over or the time is; then tells, in a later turn.
   * One at a time.
   */
  wait(timeoutMs: number, told: (completions: readonly Completion[]) => void): void;
  /** Lets the wait return. */
  wake(): void;
}
