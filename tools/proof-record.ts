import type { ProofReport } from "./proof.ts";

/** Collects what one proof reports. */
export class ProofRecord implements ProofReport {
  readonly full: boolean;
  readonly counts: Record<string, number> = {};
  readonly facts: Record<string, string | number | boolean> = {};
  readonly versions: Record<string, string> = {};
  readonly lines: string[] = [];
  readonly #show: (line: string) => void;

  constructor(full: boolean, show: (line: string) => void) {
    this.full = full;
    this.#show = show;
  }

  /** A proof may count in several places; the last number of a name stays. */
  count(name: string, value: number): void {
    if (!Number.isFinite(value) || value < 0) {
      throw new RangeError(`Cannot count ${name}: ${value} is not a number of things`);
    }
    this.counts[name] = value;
    this.#show(`${name}: ${value}`);
  }

  fact(name: string, value: string | number | boolean): void {
    this.facts[name] = value;
    this.#show(`${name}: ${value}`);
  }

  version(tool: string, value: string): void {
    this.versions[tool] = value;
  }

  log(line: string): void {
    this.lines.push(line);
    this.#show(line);
  }

  /** Throws if the proof counted nothing: it may have looked at nothing. */
  assertCounted(): void {
    if (Object.values(this.counts).some((value) => value > 0)) return;
    throw new Error("Cannot accept the proof: it counted nothing");
  }
}
