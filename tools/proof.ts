/**
 * A claim that can be shown to hold on any machine: a module in `test/proof/`, named for the claim.
 * `npm test` runs it with reduced counts, `npm run prove -- NAME` with the full ones.
 */
export interface Proof {
  /** The claim, in one sentence. */
  readonly title: string;
  /** Programs that must be on PATH. */
  readonly needs?: readonly string[];
  /** Throws, or rejects, if the claim does not hold. */
  prove(report: ProofReport): Promise<void>;
}

/** What a proof tells of its work; it ends up in `docs/proof/NAME.json`. */
export interface ProofReport {
  /** Whether the counts are those of a proof; see `count` in `test/counts.ts`. */
  readonly full: boolean;
  /** How many of something were done or seen. A proof that counted nothing has failed. */
  count(name: string, value: number): void;
  /** Anything measured or found that is no count. */
  fact(name: string, value: string | number | boolean): void;
  /** The version of a program that took part. */
  version(tool: string, value: string): void;
  /** One line for the reader. */
  log(line: string): void;
}
