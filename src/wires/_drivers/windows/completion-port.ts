import type { Bytes } from "../../../contract/index.ts";
import type { Completion, Handle, Place, Slot, WindowsCalls } from "./windows-calls.ts";

/** Told once, in a later turn, with an error of Windows (0 for none) and what was moved. */
export type Done = (error: number, byteCount: number) => void;

/**
 * Everything that is in flight on overlapped handles, and the one wait for it.
 *
 * The wait takes a thread of the pool, and keeps the process, while anything is in flight; a paused
 * connection with nothing to send has nothing in flight. It is bounded, and ends with the process:
 * Node joins its threads when it exits.
 */
export class CompletionPort {
  readonly calls: WindowsCalls;
  readonly #operations: (Operation | null)[] = [];
  readonly #free: Slot[] = [];
  #inFlightCount = 0;
  #isWaiting = false;

  constructor(calls: WindowsCalls) {
    this.calls = calls;
  }

  /** How many operations are in flight. */
  get inFlightCount(): number {
    return this.#inFlightCount;
  }

  /** Begins to read; the buffer is the system's until `done` is told. */
  read(handle: Handle, into: Uint8Array, at: Place, done: Done): Slot {
    return this.#begin(into, done, (slot) => this.calls.read(handle, into, slot, at));
  }

  /** Begins to write; the bytes must stay as they are until `done` is told. */
  write(handle: Handle, from: Bytes, at: Place, done: Done): Slot {
    return this.#begin(from, done, (slot) => this.calls.write(handle, from, slot, at));
  }

  /** `done` is still told, and soon. */
  cancel(handle: Handle, slot: Slot): void {
    this.calls.cancel(handle, slot);
  }

  #begin(memory: Bytes, done: Done, call: (slot: Slot) => number): Slot {
    const slot = this.#free.pop() ?? this.#operations.length;
    this.#operations[slot] = { memory, done };
    const error = call(slot);
    if (error === 0) {
      this.#inFlightCount++;
      this.#wait();
    } else {
      setImmediate(() => this.#finish({ slot, error, byteCount: 0 }));
    }
    return slot;
  }

  #wait(): void {
    if (this.#isWaiting || this.#inFlightCount === 0) return;
    this.#isWaiting = true;
    process.once("exit", this.#wake);
    this.calls.wait(WAIT_MAX_MS, this.#told);
  }

  readonly #wake = (): void => this.calls.wake();

  readonly #told = (completions: readonly Completion[]): void => {
    process.off("exit", this.#wake);
    this.#isWaiting = false;
    this.#inFlightCount -= completions.length;
    // The next wait begins first: what follows from these completions may take its time.
    this.#wait();
    for (const completion of completions) this.#finish(completion);
  };

  #finish({ slot, error, byteCount }: Completion): void {
    const operation = this.#operations[slot];
    if (operation === undefined || operation === null) return;
    this.#operations[slot] = null;
    this.#free.push(slot);
    operation.done(error, byteCount);
  }
}

interface Operation {
  /** Held here for the system, which alone knows of it meanwhile. */
  readonly memory: Bytes;
  readonly done: Done;
}

/** Where a process is made to end by other ways than `exit`, it waits this long at most. */
const WAIT_MAX_MS = 1000;
