import type { Bytes } from "../contract/index.ts";

/**
 * Finds a delimiter in a stream, in linear time whatever the delimiter and wherever the chunks are
 * split (Knuth, Morris and Pratt; the engine's own search skips to where a match can begin).
 */
export class DelimiterSearch {
  readonly #delimiter: Bytes;
  /** For each length of a partial match: the longest shorter one that it ends with. */
  readonly #shorter: Uint32Array;
  /** How many bytes of the delimiter the stream ends with so far. */
  matched = 0;

  constructor(delimiter: Bytes) {
    this.#delimiter = delimiter;
    this.#shorter = shorterMatches(delimiter);
  }

  /** Goes on with `part`; answers the index behind the first match and starts anew, or -1. */
  run(part: Bytes): number {
    const delimiter = this.#delimiter;
    let matched = this.matched;
    for (let i = 0; i < part.length; i++) {
      if (matched === 0) {
        i = part.indexOf(delimiter[0] as number, i);
        if (i === -1) break;
        matched = 1;
      } else {
        matched = extend(delimiter, this.#shorter, matched, part[i] as number);
      }
      if (matched === delimiter.length) {
        this.matched = 0;
        return i + 1;
      }
    }
    this.matched = matched;
    return -1;
  }
}

function extend(delimiter: Bytes, shorter: Uint32Array, matched: number, byte: number): number {
  let length = matched;
  while (length > 0 && delimiter[length] !== byte) length = shorter[length] as number;
  return delimiter[length] === byte ? length + 1 : 0;
}

function shorterMatches(delimiter: Bytes): Uint32Array {
  const shorter = new Uint32Array(delimiter.length + 1);
  for (let i = 1; i < delimiter.length; i++) {
    shorter[i + 1] = extend(delimiter, shorter, shorter[i] as number, delimiter[i] as number);
  }
  return shorter;
}
