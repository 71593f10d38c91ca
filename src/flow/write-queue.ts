import type { Bytes } from "../contract/index.ts";

/** Bytes waiting to leave, in order. It counts and cuts, and never copies. */
export class WriteQueue {
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

  /** Takes from the front: whole chunks while they fit in `bytesMax`, or one piece of the first. */
  take(bytesMax: number): readonly Bytes[] {
    if (this.#bytes <= bytesMax) return this.#takeAll();
    const taken: Bytes[] = [];
    let room = bytesMax;
    while (room > 0) {
      const chunk = this.#chunks[this.#head];
      if (chunk === undefined) break;
      if (chunk.byteLength > room) {
        if (taken.length > 0) break;
        taken.push(chunk.subarray(0, room));
        this.#chunks[this.#head] = chunk.subarray(room);
        this.#bytes -= room;
        break;
      }
      taken.push(chunk);
      this.#head += 1;
      this.#bytes -= chunk.byteLength;
      room -= chunk.byteLength;
    }
    return taken;
  }

  /** Forgets everything; answers how many bytes that was. */
  clear(): number {
    const bytes = this.#bytes;
    this.#takeAll();
    return bytes;
  }

  #takeAll(): readonly Bytes[] {
    const all = this.#head === 0 ? this.#chunks : this.#chunks.slice(this.#head);
    this.#chunks = [];
    this.#head = 0;
    this.#bytes = 0;
    return all;
  }
}
