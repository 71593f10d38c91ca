import type { Bytes } from "../../../contract/index.ts";
import type { Intake, IntakeFacts } from "../duct.ts";
import { keptChunk } from "../portable/kept-chunk.ts";
import type { OverlappedHandle } from "./overlapped-handle.ts";
import type { Slot } from "./windows-calls.ts";
import { ERROR_MORE_DATA, isEnd, windowsError } from "./windows-error.ts";

/**
 * What comes in through an overlapped handle: one read in flight, begun ahead, into a buffer that
 * grows while reads fill it, so that a silent handle holds little.
 */
export class OverlappedIntake implements Intake {
  readonly #handle: OverlappedHandle;
  readonly #facts: IntakeFacts;
  #position = 0;
  #size = SIZE_MIN_BYTES;
  #slot: Slot | null = null;
  #isWanted = false;
  #isSilent = false;
  #done: (() => void) | null = null;

  constructor(handle: OverlappedHandle, facts: IntakeFacts) {
    this.#handle = handle;
    this.#facts = facts;
    handle.hold();
  }

  read(): void {
    this.#isWanted = true;
    this.#next();
  }

  /** A read in flight stays: what it brings is reported. */
  pause(): void {
    this.#isWanted = false;
  }

  close(done: () => void): void {
    this.#isSilent = true;
    this.#done = done;
    if (this.#slot === null) this.#letGo();
    else this.#handle.cancel(this.#slot);
  }

  #next(): void {
    if (this.#slot !== null || !this.#isWanted || this.#isSilent) return;
    const buffer = new Uint8Array(this.#size);
    this.#slot = this.#handle.read(buffer, this.#position, (error, byteCount) => {
      this.#slot = null;
      if (this.#isSilent) this.#letGo();
      else this.#got(buffer, error, byteCount);
    });
  }

  #got(buffer: Bytes, error: number, byteCount: number): void {
    const isWell = error === 0 || error === ERROR_MORE_DATA;
    if (byteCount > 0 && isWell) this.#received(buffer, byteCount);
    // A pipe gives nothing where somebody wrote nothing; elsewhere that is the end.
    const isNothing = byteCount === 0 && this.#handle.facts.kind !== "pipe";
    if (isWell && !isNothing) {
      this.#next();
      return;
    }
    this.#isSilent = true;
    if (isWell || isEnd(error)) this.#facts.ended();
    else this.#facts.failed(windowsError("ReadFile", error));
  }

  #received(buffer: Bytes, byteCount: number): void {
    if (this.#handle.facts.kind === "file") this.#position += byteCount;
    if (byteCount === this.#size) this.#size = Math.min(this.#size * 2, SIZE_MAX_BYTES);
    else if (byteCount < this.#size / 2) this.#size = Math.max(this.#size / 2, SIZE_MIN_BYTES);
    this.#facts.received(keptChunk(buffer.subarray(0, byteCount)));
  }

  #letGo(): void {
    const done = this.#done;
    this.#done = null;
    if (done !== null) this.#handle.release(done);
  }
}

const SIZE_MIN_BYTES = 4 * 1024;
const SIZE_MAX_BYTES = 64 * 1024;
