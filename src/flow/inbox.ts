import type { Bytes } from "../contract/index.ts";

/** Bytes read and not yet delivered, in order. */
export class Inbox {
  #chunks: Bytes[] = [];
  #head = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: Bytes): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
  }

  shift(): Bytes | undefined {
    const chunk = this.#chunks[this.#head];
    if (chunk === undefined) return undefined;
    this.#chunks[this.#head] = GONE;
    this.#head += 1;
    this.#bytes -= chunk.byteLength;
    if (this.#head === this.#chunks.length) this.clear();
    else if (this.#head >= GONE_MAX && this.#head * 2 >= this.#chunks.length) this.#cut();
    return chunk;
  }

  clear(): void {
    this.#chunks = [];
    this.#head = 0;
    this.#bytes = 0;
  }

  #cut(): void {
    this.#chunks = this.#chunks.slice(this.#head);
    this.#head = 0;
  }
}

/** In the place of a chunk that was taken, which is not held on to: the list may never be empty. */
const GONE: Bytes = new Uint8Array();
/** How many places of chunks that are gone are worth cutting off. */
const GONE_MAX = 64;
