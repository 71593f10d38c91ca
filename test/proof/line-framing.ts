import assert from "node:assert/strict";
import type { Bytes, Chance } from "../../src/contract/index.ts";
import { lines } from "../../src/framing/index.ts";
import { seededChance } from "../../src/memory/index.ts";
import type { ProofReport } from "../../tools/proof.ts";
import { count, seeds } from "../counts.ts";

export const title =
  "However a text is cut into chunks, the same lines come out and no byte is lost";

/**
 * Splits texts at random, compares with `split`, and breaks off at random to count what is left.
 */
export async function prove(report: ProofReport): Promise<void> {
  const texts = count("line-framing texts", 300, 100_000);
  const [seed = 0] = seeds(1);
  report.fact("seed", seed);
  const chance = seededChance(seed);
  let seenLines = 0;
  let seenChunks = 0;
  let seenBytes = 0;
  for (let round = 0; round < texts; round += 1) {
    const text = someText(chance);
    const bytes = new TextEncoder().encode(text);
    const chunks = cut(bytes, chance);
    const expected = linesOf(text);
    assert.deepEqual(await all(lines(new Source(chunks))), expected);
    await assertRestIsGivenBack(bytes, chunks, expected, chance.below(expected.length + 1));
    seenLines += expected.length;
    seenChunks += chunks.length;
    seenBytes += bytes.length;
  }
  report.count("texts", texts);
  report.count("lines", seenLines);
  report.count("chunks", seenChunks);
  report.count("bytes", seenBytes);
}

/** Takes some lines and breaks off: what it took and what is left make the whole. */
async function assertRestIsGivenBack(
  bytes: Bytes,
  chunks: readonly Bytes[],
  expected: readonly string[],
  wanted: number,
): Promise<void> {
  if (wanted === 0) return;
  const source = new Source(chunks);
  const taken: string[] = [];
  for await (const line of lines(source)) {
    taken.push(line);
    if (taken.length === wanted) break;
  }
  assert.deepEqual(taken, expected.slice(0, wanted));
  const rest = Buffer.concat(await all(source));
  const whole = Buffer.from(bytes);
  assert.deepEqual(rest, whole.subarray(whole.length - rest.length));
  assert.deepEqual(linesOf(rest.toString()), expected.slice(wanted));
}

/** Chunks that can be read once, and bytes given back before those not read yet. */
class Source implements AsyncIterable<Bytes> {
  #chunks: readonly Bytes[];

  constructor(chunks: readonly Bytes[]) {
    this.#chunks = chunks;
  }

  unread(data: Bytes): void {
    this.#chunks = [data, ...this.#chunks];
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Bytes, void, void> {
    for (let [next] = this.#chunks; next !== undefined; [next] = this.#chunks) {
      this.#chunks = this.#chunks.slice(1);
      yield next;
    }
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const gathered: T[] = [];
  for await (const item of items) gathered.push(item);
  return gathered;
}

/** The slow and obvious way. */
function linesOf(text: string): string[] {
  const all = text.split(/\r?\n/);
  return all.at(-1) === "" ? all.slice(0, -1) : all;
}

/**
 * Short pieces that meet in awkward places: bare returns, empty lines, characters of many bytes.
 */
const PIECES = ["a", "line ", "\r", "\n", "\n", "\r\n", "\r\r\n", "é", "漢字", "🦉", "\u0000", " "];

function someText(chance: Chance): string {
  const length = chance.below(60);
  return Array.from({ length }, () => PIECES[chance.below(PIECES.length)]).join("");
}

/** One byte at a time as often as not, else anything up to the whole. */
function cut(bytes: Bytes, chance: Chance): Bytes[] {
  const longest = chance.chance(0.5) ? 1 : bytes.length + 1;
  const chunks: Bytes[] = [];
  for (let at = 0; at < bytes.length; at += chunks.at(-1)?.length ?? 1) {
    chunks.push(bytes.slice(at, at + 1 + chance.below(longest)));
  }
  return chunks;
}
