import type { Bytes } from "../contract/index.ts";

/**
 * Chunks in order. It counts and cuts, never copies, and holds on to nothing that it gave away.
 */
export class ChunkQueue {
  /** The shared empty list until something comes. */
  #chunks: Bytes[] = EMPTY;
  #head = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: Bytes): void {
    if (this.#chunks === EMPTY) this.#chunks = [chunk];
    else this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /** Takes the first chunk. */
  shift(): Bytes | undefined {
    const chunk = this.#chunks[this.#head];
    if (chunk !== undefined) this.#forgetFirst(chunk);
    return chunk;
  }

  /** Takes from the front: whole chunks while they fit in `bytesMax`, or one piece of the first. */
  take(bytesMax: number): readonly Bytes[] {
    if (this.#bytes <= bytesMax) return this.#takeAll();
    const taken: Bytes[] = [];
    let room = bytesMax;
    for (let chunk = this.#chunks[this.#head]; chunk !== undefined && room > 0; ) {
      if (chunk.length > room) {
        if (taken.length === 0) taken.push(this.#cutFirst(chunk, room));
        break;
      }
      taken.push(chunk);
      room -= chunk.length;
      this.#forgetFirst(chunk);
      chunk = this.#chunks[this.#head];
    }
    return taken;
  }

  /** Views of the first bytes, `bytesMax` at most; they stay. */
  peek(bytesMax: number): Bytes[] {
    const views: Bytes[] = [];
    let room = bytesMax;
    for (let at = this.#head; room > 0; at++) {
      const chunk = this.#chunks[at];
      if (chunk === undefined) break;
      views.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
      room -= chunk.length;
    }
    return views;
  }

  /** Takes the first `byteCount` bytes off. */
  drop(byteCount: number): void {
    let left = byteCount;
    for (let chunk = this.#chunks[this.#head]; chunk !== undefined && left > 0; ) {
      if (chunk.length > left) {
        this.#cutFirst(chunk, left);
        break;
      }
      left -= chunk.length;
      this.#forgetFirst(chunk);
      chunk = this.#chunks[this.#head];
    }
  }

  /** Forgets everything; answers how many bytes that was. */
  clear(): number {
    const bytes = this.#bytes;
    this.#takeAll();
    return bytes;
  }

  #cutFirst(chunk: Bytes, byteCount: number): Bytes {
    this.#chunks[this.#head] = chunk.subarray(byteCount);
    this.#bytes -= byteCount;
    return chunk.subarray(0, byteCount);
  }

  /** The list does not grow with what has left: the queue may never be empty. */
  #forgetFirst(chunk: Bytes): void {
    this.#chunks[this.#head] = GONE;
    this.#head += 1;
    this.#bytes -= chunk.length;
    if (this.#head < this.#chunks.length) {
      if (this.#head < GONE_MAX || this.#head * 2 < this.#chunks.length) return;
      this.#chunks = this.#chunks.slice(this.#head);
    } else {
      this.#chunks = EMPTY;
    }
    this.#head = 0;
  }

  #takeAll(): readonly Bytes[] {
    const all = this.#head === 0 ? this.#chunks : this.#chunks.slice(this.#head);
    this.#chunks = EMPTY;
    this.#head = 0;
    this.#bytes = 0;
    return all;
  }
}

/** Never pushed to. */
const EMPTY: Bytes[] = [];
/** In the place of a chunk that was taken. */
const GONE: Bytes = new Uint8Array();
/** How many places of chunks that are gone are worth cutting off. */
const GONE_MAX = 64;
