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
    this.#head += 1;
    this.#bytes -= chunk.byteLength;
    if (this.#head === this.#chunks.length) this.clear();
    return chunk;
  }

  clear(): void {
    this.#chunks = [];
    this.#head = 0;
    this.#bytes = 0;
  }
}
