import type { Bytes } from "../../../contract/index.ts";
import type { CompletionPort, Done } from "./completion-port.ts";
import type { Handle, HandleFacts, Place, Slot } from "./windows-calls.ts";

/** A handle that is attached to the port, and closed when nobody holds it any more. */
export class OverlappedHandle {
  readonly facts: HandleFacts;
  readonly #handle: Handle;
  readonly #port: CompletionPort;
  readonly #isShared: boolean;
  #holderCount = 0;

  constructor(handle: Handle, facts: HandleFacts, port: CompletionPort, isShared: boolean) {
    this.#handle = handle;
    this.facts = facts;
    this.#port = port;
    this.#isShared = isShared;
  }

  hold(): void {
    this.#holderCount++;
  }

  /** With nothing of the holder's in flight. Calls `done` in a later turn. */
  release(done: () => void): void {
    this.#holderCount--;
    if (this.#holderCount === 0 && !this.#isShared) this.#port.calls.close(this.#handle);
    setImmediate(done);
  }

  read(into: Uint8Array, at: Place, done: Done): Slot {
    return this.#port.read(this.#handle, into, at, done);
  }

  write(from: Bytes, at: Place, done: Done): Slot {
    return this.#port.write(this.#handle, from, at, done);
  }

  cancel(slot: Slot): void {
    this.#port.cancel(this.#handle, slot);
  }
}
