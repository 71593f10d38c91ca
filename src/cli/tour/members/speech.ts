import { createHash } from "node:crypto";

/** What members say to each other: lines a person can read, and the other side can check. */

/** How long the speaker's lines are, with their newline. */
export const LINE_BYTES: number = 64 * 1024;
export const LINES = 14;

/** A line that carries its number and the SHA-256 of what stands behind it. */
export function numberedLine(number: number): string {
  const head = `line ${number} of ${LINES} `;
  const length = LINE_BYTES - 1 - head.length - DIGEST_LENGTH - 1;
  const body = letters(length, number);
  return `${head}${digestOf(body)} ${body}`;
}

/** What the speaker says when it has said all. */
export const ALL_SAID = "that was all";

/** The room's end, where that is no end of a direction: as a person ends input at a terminal. */
export const END_OF_INPUT = "\u0004";

/** What one has heard of the speaker. */
export interface Heard {
  readonly lines: number;
  readonly inOrder: number;
  readonly intact: number;
}

/** Counts a speaker's lines. */
export class Listening {
  #lines = 0;
  #inOrder = 0;
  #intact = 0;

  get heard(): Heard {
    return { lines: this.#lines, inOrder: this.#inOrder, intact: this.#intact };
  }

  /** @returns whether it was one of the numbered lines. */
  take(text: string): boolean {
    const match = /^line (\d+) of \d+ ([0-9a-f]{64}) (.*)$/s.exec(text);
    if (match === null) return false;
    const [, number, digest, body = ""] = match;
    this.#lines += 1;
    if (Number(number) === this.#lines) this.#inOrder += 1;
    if (digestOf(body) === digest) this.#intact += 1;
    return true;
  }
}

export function heardWords({ inOrder, intact, lines }: Heard): string {
  return `I heard ${lines} lines, ${inOrder} in order, ${intact} with the right SHA-256`;
}

export function readHeard(text: string): Heard | undefined {
  const match = /^I heard (\d+) lines, (\d+) in order, (\d+) with/.exec(text);
  if (match === null) return undefined;
  const [lines = 0, inOrder = 0, intact = 0] = match.slice(1).map(Number);
  return { lines, inOrder, intact };
}

/** What one has been given, and has said before this. */
export interface Account {
  readonly received: number;
  readonly said: number;
}

export function accountWords({ received, said }: Account): string {
  return `goodbye: I was given ${received} bytes, and had said ${said}`;
}

export function readAccount(text: string): Account | undefined {
  const match = /^goodbye: I was given (\d+) bytes, and had said (\d+)$/.exec(text);
  if (match === null) return undefined;
  return { received: Number(match[1]), said: Number(match[2]) };
}

const DIGEST_LENGTH = 64;

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Letters that a terminal shows as they are, different for every number. */
function letters(length: number, seed: number): string {
  let text = "";
  for (let part = 0; text.length < length; part++) {
    text += createHash("sha512").update(`${seed}.${part}`).digest("hex");
  }
  return text.slice(0, length);
}
