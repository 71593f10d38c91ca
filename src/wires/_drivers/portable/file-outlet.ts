import { write } from "node:fs";
import type { Bytes } from "../../../contract/index.ts";
import { systemRuntime } from "../../../flow/index.ts";
import type { Outlet, OutletFacts } from "../duct.ts";
import { errnoOf } from "../errno.ts";

export interface FileOutletOptions {
  /** Where to begin; `null`: wherever the descriptor stands, or at the end where it appends. */
  readonly position: number | null;
  /** Lets go of the descriptor, and calls `done` in a later turn, when it is closed. */
  readonly release: (done: () => void) => void;
}

/**
 * A descriptor that is never "ready", written in the thread pool: a file, a device, a terminal.
 * Each write of the system is counted as it returns, so that a full disk leaves an exact account.
 */
export class FileOutlet implements Outlet {
  readonly #fd: number;
  readonly #facts: OutletFacts;
  readonly #options: FileOutletOptions;
  #position: number | null;
  #chunks: Bytes[] = [];
  #isBusy = false;
  #timer: Disposable | null = null;
  #isSilent = false;
  #done: (() => void) | null = null;

  constructor(fd: number, facts: OutletFacts, options: FileOutletOptions) {
    this.#fd = fd;
    this.#facts = facts;
    this.#options = options;
    this.#position = options.position;
  }

  send(chunks: readonly Bytes[]): void {
    this.#chunks = [...chunks];
    this.#next();
  }

  end(): void {
    setImmediate(() => {
      if (this.#isSilent) return;
      this.#isSilent = true;
      this.#facts.ended();
    });
  }

  close(done: () => void): void {
    this.#isSilent = true;
    this.#timer?.[Symbol.dispose]();
    this.#done = done;
    if (!this.#isBusy) this.#letGo();
  }

  #next(): void {
    const chunk = this.#chunks[0];
    if (chunk === undefined || this.#isSilent) return;
    this.#isBusy = true;
    write(this.#fd, chunk, 0, chunk.length, this.#position, this.#wrote);
  }

  readonly #wrote = (error: Error | null, count: number): void => {
    this.#isBusy = false;
    if (this.#isSilent) {
      this.#letGo();
    } else if (error === null) {
      this.#took(count);
    } else if (errnoOf(error) === "EAGAIN") {
      this.#timer = systemRuntime().clock.after(RETRY_MS, () => this.#next());
    } else {
      this.#isSilent = true;
      if (errnoOf(error) === "EPIPE") this.#facts.ended();
      else this.#facts.failed(error);
    }
  };

  #took(count: number): void {
    const [chunk, ...rest] = this.#chunks;
    if (chunk === undefined) return;
    if (this.#position !== null) this.#position += count;
    this.#chunks = count < chunk.length ? [chunk.subarray(count), ...rest] : rest;
    if (count > 0) this.#facts.sent(count);
    // `sent` of the last byte may have begun the next send.
    if (!this.#isBusy) this.#next();
  }

  #letGo(): void {
    const done = this.#done;
    if (done === null) return;
    this.#done = null;
    this.#options.release(done);
  }
}

const RETRY_MS = 10;
