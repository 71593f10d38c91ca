import type { Chance } from "../contract/index.ts";

/**
 * Luck that repeats: the same seed gives the same numbers, everywhere and always.
 *
 * **Not promised:** secrecy; whoever sees some numbers can work out the rest.
 *
 * @param seed an integer; only its low 32 bits count.
 * @throws {TypeError} when `seed` is not an integer.
 */
export function seededChance(seed: number): Chance {
  if (!Number.isSafeInteger(seed)) {
    throw new TypeError(`Cannot seed chance: ${String(seed)} is not an integer`);
  }
  return new SeededChance(seed);
}

/** Four words of state, mixed by shifts, rotations and a counter that keeps the period long. */
class SeededChance implements Chance {
  readonly #state: Uint32Array;

  constructor(seed: number) {
    this.#state = new Uint32Array([spread(seed, 1), spread(seed, 2), spread(seed, 3), 1]);
    for (let round = 0; round < WARM_UP_ROUNDS; round++) this.#word();
  }

  next(): number {
    const high = this.#word() >>> 5;
    const low = this.#word() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  below(limit: number): number {
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new RangeError(
        `Cannot draw below ${String(limit)}: the limit must be a positive integer`,
      );
    }
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** The next 32 bits, by the small fast counting generator. */
  #word(): number {
    const [a = 0, b = 0, c = 0, counter = 0] = this.#state;
    const word = (a + b + counter) >>> 0;
    this.#state[0] = b ^ (b >>> 9);
    this.#state[1] = c + (c << 3);
    this.#state[2] = ((c << 21) | (c >>> 11)) + word;
    this.#state[3] = counter + 1;
    return word;
  }
}

/** So that neighbouring seeds have nothing in common: one avalanche per word of state. */
function spread(seed: number, word: number): number {
  let mixed = (seed + Math.imul(word, 0x9e3779b9)) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const WARM_UP_ROUNDS = 12;
