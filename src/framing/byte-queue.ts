import type { Bytes } from "../contract/index.ts";

/**
 * Bytes that wait to be cut into frames: chunks in, frames out, each byte copied at most twice.
 *
 * What is kept pins little: chunks under 4 KiB are gathered in blocks, a chunk that covers less
 * than half of its memory is copied, so that the memory held is at most twice `byteLength` plus
 * one block.
 */
export class ByteQueue {
  #chunks: Bytes[] = [];
  /** Index of the first chunk still in use, and how much of it is gone. */
  #head = 0;
  #offset = 0;
  #byteLength = 0;
  /** The last chunk when it is the growing block. */
  #block: Uint8Array | null = null;
  #blockUsed = 0;
  /** The head is a chunk as it came, not yet looked at by `release`. */
  #isHeadAsItCame = false;

  get byteLength(): number {
    return this.#byteLength;
  }

  push(chunk: Bytes): void {
    const size = chunk.byteLength;
    if (size === 0) return;
    if (this.#byteLength === 0) {
      this.#chunks.push(chunk);
      this.#isHeadAsItCame = true;
    } else if (size < SMALL_BYTES) {
      this.#gather(chunk);
    } else {
      this.#chunks.push(pinsMuch(chunk, size) ? copy(chunk, 0, size) : chunk);
      this.#block = null;
    }
    this.#byteLength += size;
  }

  /** Takes the first `size` bytes; there must be as many. */
  take(size: number): Bytes {
    const chunk = this.#chunks[this.#head];
    if (chunk !== undefined && chunk.byteLength - this.#offset >= size) {
      const frame = cut(chunk, this.#offset, size);
      this.drop(size);
      return frame;
    }
    const frame = new Uint8Array(size);
    let filled = 0;
    while (filled < size) {
      const part = this.#part(this.#head).subarray(0, size - filled);
      frame.set(part, filled);
      filled += part.byteLength;
      this.drop(part.byteLength);
    }
    return frame;
  }

  /** Forgets the first `size` bytes; there must be as many. */
  drop(size: number): void {
    this.#byteLength -= size;
    let left = size;
    while (left > 0) {
      const inChunk = (this.#chunks[this.#head] as Bytes).byteLength - this.#offset;
      if (left < inChunk) {
        this.#offset += left;
        return;
      }
      left -= inChunk;
      this.#offset = 0;
      this.#isHeadAsItCame = false;
      this.#head++;
    }
    this.#compact();
  }

  /** The byte at `index`, which is near the beginning. */
  headByteAt(index: number): number {
    let start = 0;
    for (let i = this.#head; ; i++) {
      const part = this.#part(i);
      if (index < start + part.byteLength) return part[index - start] as number;
      start += part.byteLength;
    }
  }

  /** The byte at `index`, which is near the end. */
  byteAt(index: number): number {
    let start = this.#byteLength;
    for (let i = this.#chunks.length - 1; i > this.#head; i--) {
      const chunk = this.#chunks[i] as Bytes;
      start -= chunk.byteLength;
      if (index >= start) return chunk[index - start] as number;
    }
    return (this.#chunks[this.#head] as Bytes)[this.#offset + index] as number;
  }

  /**
   * Shows the bytes from `from` on to `look`, part by part, until it answers where in the part what
   * it looks for ends. Answers where that is in the queue; -1 when there is no such place.
   */
  scan(from: number, look: (part: Bytes) => number): number {
    let index = this.#head;
    let start = 0;
    if (from > 0) {
      index = this.#chunks.length;
      start = this.#byteLength;
      while (start > from && index > this.#head) start -= this.#part(--index).byteLength;
    }
    for (; index < this.#chunks.length; index++) {
      const part = this.#part(index);
      const skipped = Math.max(0, from - start);
      if (skipped < part.byteLength) {
        const end = look(skipped > 0 ? part.subarray(skipped) : part);
        if (end !== -1) return start + skipped + end;
      }
      start += part.byteLength;
    }
    return -1;
  }

  /** No frame can be cut now: lets go of memory that holds more than what waits. */
  release(): void {
    if (!this.#isHeadAsItCame || this.#byteLength === 0) return;
    this.#isHeadAsItCame = false;
    const chunk = this.#chunks[this.#head] as Bytes;
    const size = chunk.byteLength - this.#offset;
    if (!pinsMuch(chunk, size)) return;
    this.#chunks[this.#head] = copy(chunk, this.#offset, size);
    this.#offset = 0;
  }

  #part(index: number): Bytes {
    const chunk = this.#chunks[index] as Bytes;
    return index === this.#head && this.#offset > 0 ? chunk.subarray(this.#offset) : chunk;
  }

  /**
   * Copies a small chunk behind the others into the growing block, so that bytes sent singly stay
   * cheap.
   */
  #gather(chunk: Bytes): void {
    if (this.#block !== null && this.#blockUsed + chunk.byteLength <= this.#block.byteLength) {
      const last = this.#chunks.length - 1;
      this.#block.set(chunk, this.#blockUsed);
      this.#blockUsed += chunk.byteLength;
      const start = (this.#chunks[last] as Bytes).byteOffset;
      this.#chunks[last] = this.#block.subarray(start, this.#blockUsed);
      return;
    }
    const size = Math.min(BLOCK_BYTES, Math.max(BLOCK_LEAST_BYTES, 2 * this.#byteLength));
    this.#block = new Uint8Array(Math.max(size, chunk.byteLength));
    this.#block.set(chunk);
    this.#blockUsed = chunk.byteLength;
    this.#chunks.push(this.#block.subarray(0, this.#blockUsed));
  }

  #compact(): void {
    if (this.#head === this.#chunks.length) {
      this.#chunks = [];
      this.#head = 0;
      this.#block = null;
    } else if (this.#head > 64 && this.#head * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#head);
      this.#head = 0;
    }
  }
}

/** A frame out of `chunk`, owned by who gets it: a view, or a copy where a view would pin much. */
function cut(chunk: Bytes, start: number, size: number): Bytes {
  const pinned = chunk.buffer.byteLength;
  const pinsTooMuch = size < SMALL_BYTES ? pinned > BLOCK_BYTES : pinned - size > PIN_BYTES;
  if (pinsTooMuch) return copy(chunk, start, size);
  return new Uint8Array(chunk.buffer, chunk.byteOffset + start, size);
}

function pinsMuch(chunk: Bytes, size: number): boolean {
  return chunk.buffer.byteLength > 2 * size;
}

function copy(chunk: Bytes, start: number, size: number): Bytes {
  const copied = new Uint8Array(size);
  copied.set(chunk.subarray(start, start + size));
  return copied;
}

/** A chunk or frame under this is small: it may pin a block and no more. */
const SMALL_BYTES = 4 * 1024;
const BLOCK_BYTES = 16 * 1024;
const BLOCK_LEAST_BYTES = 256;
/** What a larger frame may pin beside itself. */
const PIN_BYTES = 256 * 1024;
