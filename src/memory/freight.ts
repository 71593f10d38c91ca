import type { Bytes } from "../contract/index.ts";

/** Bytes in order, looked at from the front before they are taken off. It never copies. */
export class Freight {
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

  /** Views of the first bytes, `byteCountMax` at most. */
  peek(byteCountMax: number): Bytes[] {
    const views: Bytes[] = [];
    let room = byteCountMax;
    for (let at = this.#head; room > 0; at++) {
      const chunk = this.#chunks[at];
      if (chunk === undefined) break;
      views.push(chunk.byteLength > room ? chunk.subarray(0, room) : chunk);
      room -= chunk.byteLength;
    }
    return views;
  }

  /** Takes the first `byteCount` bytes off. */
  drop(byteCount: number): void {
    let left = byteCount;
    while (left > 0) {
      const chunk = this.#chunks[this.#head];
      if (chunk === undefined) break;
      if (chunk.byteLength > left) {
        this.#chunks[this.#head] = chunk.subarray(left);
        this.#bytes -= left;
        return;
      }
      left -= chunk.byteLength;
      this.#bytes -= chunk.byteLength;
      this.#head += 1;
    }
    if (this.#bytes === 0) this.clear();
  }

  clear(): void {
    this.#chunks = [];
    this.#head = 0;
    this.#bytes = 0;
  }
}
