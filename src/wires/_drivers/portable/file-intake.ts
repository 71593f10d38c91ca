import { fstat, read } from "node:fs";
import { systemRuntime } from "../../../flow/index.ts";
import type { Intake, IntakeFacts } from "../duct.ts";
import { errnoOf } from "../errno.ts";
import { keptChunk } from "./kept-chunk.ts";

export interface FileIntakeOptions {
  /** Where to begin; `null`: wherever the descriptor stands, which it shares and moves. */
  readonly position: number | null;
  /** At the end of the file wait for more. */
  readonly follow: boolean;
  /** Lets go of the descriptor, and calls `done` in a later turn, when it is closed. */
  readonly release: (done: () => void) => void;
}

/** A descriptor that is never "ready", read in the thread pool: a file, a device. */
export class FileIntake implements Intake {
  readonly #fd: number;
  readonly #facts: IntakeFacts;
  readonly #options: FileIntakeOptions;
  #position: number | null;
  #isWanted = false;
  #isBusy = false;
  #timer: Disposable | null = null;
  #isSilent = false;
  #done: (() => void) | null = null;

  constructor(fd: number, facts: IntakeFacts, options: FileIntakeOptions) {
    this.#fd = fd;
    this.#facts = facts;
    this.#options = options;
    this.#position = options.position;
  }

  read(): void {
    this.#isWanted = true;
    this.#next();
  }

  pause(): void {
    this.#isWanted = false;
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }

  close(done: () => void): void {
    this.pause();
    this.#isSilent = true;
    this.#done = done;
    if (!this.#isBusy) this.#letGo();
  }

  #next(): void {
    if (this.#isBusy || !this.#isWanted || this.#isSilent || this.#timer !== null) return;
    this.#isBusy = true;
    read(this.#fd, Buffer.allocUnsafeSlow(CHUNK_BYTES), 0, CHUNK_BYTES, this.#position, this.#got);
  }

  readonly #got = (error: Error | null, count: number, buffer: Buffer): void => {
    this.#isBusy = false;
    if (this.#isSilent) {
      this.#letGo();
    } else if (error !== null) {
      if (errnoOf(error) === "EAGAIN") this.#nextAfter(RETRY_MS);
      else this.#fail(error);
    } else if (count > 0) {
      if (this.#position !== null) this.#position += count;
      this.#facts.received(keptChunk(buffer.subarray(0, count)));
      this.#next();
    } else if (this.#options.follow) {
      this.#checkTruncated();
    } else {
      this.#isSilent = true;
      this.#facts.ended();
    }
  };

  /** A file that became shorter begins anew. */
  #checkTruncated(): void {
    this.#isBusy = true;
    fstat(this.#fd, (error, stats) => {
      this.#isBusy = false;
      if (this.#isSilent) return this.#letGo();
      if (error !== null) return this.#fail(error);
      if (this.#position !== null && stats.size < this.#position) this.#position = 0;
      this.#nextAfter(FOLLOW_MS);
    });
  }

  #nextAfter(delayMs: number): void {
    if (!this.#isWanted) return;
    this.#timer = systemRuntime().clock.after(delayMs, () => {
      this.#timer = null;
      this.#next();
    });
  }

  #fail(error: Error): void {
    this.#isSilent = true;
    this.#facts.failed(error);
  }

  #letGo(): void {
    const done = this.#done;
    if (done === null) return;
    this.#done = null;
    this.#options.release(done);
  }
}

const CHUNK_BYTES = 64 * 1024;
const RETRY_MS = 10;
/** How often a followed file is looked at, at its end. */
const FOLLOW_MS = 100;
