import type { Bytes } from "../contract/index.ts";

/**
 * What happened in a simulated world, in order: lines for a person, a digest to compare runs by.
 */
export class Trace {
  readonly #lines: string[] = [];
  #count = 0;
  #hash = HASH_START;

  /** The first 100 000 lines. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** How many lines there were in all. */
  get count(): number {
    return this.#count;
  }

  /** Equal for equal traces, all lines counted. */
  get digest(): string {
    return `${this.#count}-${this.#hash.toString(16).padStart(8, "0")}`;
  }

  add(line: string): void {
    this.#count += 1;
    for (let at = 0; at < line.length; at++) this.#hash = mix(this.#hash, line.charCodeAt(at));
    this.#hash = mix(this.#hash, 10);
    if (this.#lines.length < LINES_MAX) this.#lines.push(line);
  }
}

/** A short name for the content of some bytes. */
export function fingerprint(chunks: readonly Bytes[]): string {
  let hash = HASH_START;
  for (const chunk of chunks) for (const byte of chunk) hash = mix(hash, byte);
  return hash.toString(16).padStart(8, "0");
}

/** One round of the hash of Fowler, Noll and Vo. */
function mix(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x01000193) >>> 0;
}

const HASH_START = 0x811c9dc5;
const LINES_MAX = 100_000;
