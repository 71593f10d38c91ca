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
      this.#forgetFirst();
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

  /** What has left is not held on to, nor does the list grow with it: it may never be empty. */
  #forgetFirst(): void {
    this.#chunks[this.#head] = GONE;
    this.#head += 1;
    if (this.#head < GONE_MAX || this.#head * 2 < this.#chunks.length) return;
    this.#chunks = this.#chunks.slice(this.#head);
    this.#head = 0;
  }

  #takeAll(): readonly Bytes[] {
    const all = this.#head === 0 ? this.#chunks : this.#chunks.slice(this.#head);
    this.#chunks = [];
    this.#head = 0;
    this.#bytes = 0;
    return all;
  }
}

const GONE: Bytes = new Uint8Array();
/** How many places of chunks that are gone are worth cutting off. */
const GONE_MAX = 64;
