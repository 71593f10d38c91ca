import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "./check-result.ts";

/** What may only get better; kept in `tools/ratchet.json`. */
export interface Ratchet {
  /** For each step, the least it must have seen. What is not named here must be at least one. */
  readonly atLeast: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Files over the limit, and the lines they have: they may only shrink. */
  readonly oversizeLines: Readonly<Record<string, number>>;
  /** The most bytes a browser bundle of this part of `dist/` may have, minified. */
  readonly bundleBytes: Readonly<Record<string, number>>;
}

export function readRatchet(root: string): Ratchet {
  return JSON.parse(readFileSync(join(root, PLACE), "utf8")) as Ratchet;
}

const PLACE = "tools/ratchet.json";

/** A finding for each count that is lower than it must be. */
export function shortfalls(
  step: string,
  saw: Readonly<Record<string, number>>,
  { atLeast }: Pick<Ratchet, "atLeast">,
): Finding[] {
  const least = atLeast[step] ?? {};
  const names = new Set([...Object.keys(least), ...Object.keys(saw)]);
  return [...names].flatMap((name) => {
    const seen = saw[name] ?? 0;
    const needed = least[name] ?? 1;
    if (seen >= needed) return [];
    const message = `saw ${seen} ${name}, fewer than ${needed}; a check that sees less proves less`;
    return [{ rule: "saw-too-little", where: step, message }];
  });
}

/** Raises what must be seen to nine tenths of what was seen; lowers nothing. */
export function raiseRatchet(
  root: string,
  seen: Readonly<Record<string, Readonly<Record<string, number>>>>,
): void {
  const ratchet = readRatchet(root);
  const atLeast: Record<string, Record<string, number>> = {};
  for (const step of new Set([...Object.keys(ratchet.atLeast), ...Object.keys(seen)])) {
    const least: Record<string, number> = { ...ratchet.atLeast[step] };
    for (const [name, count] of Object.entries(seen[step] ?? {})) {
      least[name] = Math.max(least[name] ?? 0, Math.floor(count * 0.9), Math.min(count, 1));
    }
    atLeast[step] = least;
  }
  writeFileSync(join(root, PLACE), `${JSON.stringify({ ...ratchet, atLeast }, null, 2)}\n`);
}
