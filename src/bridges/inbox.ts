import type { Bytes } from "../contract/index.ts";
import { BusyError } from "../contract/index.ts";
import { rejected, Waiter } from "./waiter.ts";

export interface InboxMarks {
  readonly readHigh: number;
  readonly readLow: number;
}

/** What the inbox asks of the connection: to stop, and to go on. */
export interface Source {
  pause(): void;
  resume(): void;
}

/** How reading ends: in order, or with an error, made anew for each reader. */
export type End = "inOrder" | (() => Error);

/** What has come in and was not read yet: held between two marks, read by one reader at a time. */
export class Inbox {
  readonly #marks: InboxMarks;
  readonly #source: Source;
  #chunks: Bytes[] = [];
  #taken = 0;
  #byteLength = 0;
  #isPaused = false;
  #reader: Waiter<Bytes | null> | null = null;
  #end: End | null = null;

  constructor(marks: InboxMarks, source: Source) {
    this.#marks = marks;
    this.#source = source;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  receive(chunk: Bytes): void {
    if (this.#give(chunk)) return;
    this.#chunks.push(chunk);
    this.#byteLength += chunk.byteLength;
    if (this.#isPaused || this.#byteLength <= this.#marks.readHigh) return;
    this.#isPaused = true;
    this.#source.pause();
  }

  /** Puts `chunk` before everything, whatever the marks say. */
  unread(chunk: Bytes): void {
    if (this.#give(chunk)) return;
    this.#chunks = [chunk, ...this.#chunks.slice(this.#taken)];
    this.#taken = 0;
    this.#byteLength += chunk.byteLength;
  }

  read(signal: AbortSignal | undefined): Promise<Bytes | null> {
    if (this.#reader !== null) {
      return rejected(new BusyError("read", "another reader is waiting on this connection"));
    }
    if (signal?.aborted === true) return rejected(signal.reason);
    const chunk = this.#shift();
    if (chunk !== undefined) return Promise.resolve(chunk);
    if (this.#end === "inOrder") return Promise.resolve(null);
    if (this.#end !== null) return rejected(this.#end());
    this.#reader = new Waiter(signal, () => {
      this.#reader = null;
    });
    return this.#reader.promise;
  }

  /** Nothing more comes; what is here is read first. The first end stays. */
  end(how: End): void {
    this.#end ??= how;
    const reader = this.#reader;
    if (reader === null) return;
    this.#reader = null;
    if (this.#end === "inOrder") reader.resolve(null);
    else reader.reject(this.#end());
  }

  /** Nothing more is read, not even what is here. */
  discard(how: End): void {
    this.#clear();
    this.#end = how;
    this.end(how);
  }

  /** All that was not read, in one piece; it stays here until `discard`. */
  peekAll(): Bytes {
    const all = new Uint8Array(this.#byteLength);
    let filled = 0;
    for (const chunk of this.#chunks.slice(this.#taken)) {
      all.set(chunk, filled);
      filled += chunk.byteLength;
    }
    return all;
  }

  #give(chunk: Bytes): boolean {
    const reader = this.#reader;
    if (reader === null) return false;
    this.#reader = null;
    reader.resolve(chunk);
    return true;
  }

  #shift(): Bytes | undefined {
    const chunk = this.#chunks[this.#taken];
    if (chunk === undefined) return undefined;
    this.#taken++;
    if (this.#taken > 32 && this.#taken * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#taken);
      this.#taken = 0;
    }
    this.#byteLength -= chunk.byteLength;
    if (this.#isPaused && this.#byteLength <= this.#marks.readLow) {
      this.#isPaused = false;
      this.#source.resume();
    }
    return chunk;
  }

  #clear(): void {
    this.#chunks = [];
    this.#taken = 0;
    this.#byteLength = 0;
  }
}
