/** One guard of flow taken out: the tests must notice. */
export interface Mutant {
  /** Unique, `place.what`. */
  readonly id: string;
  /** The compiled file beneath `src/flow/`. */
  readonly file: string;
  /** Occurs there exactly once. */
  readonly find: string;
  readonly replace: string;
  /** What the guard is for, in one sentence. */
  readonly guards: string;
  /**
   * Who must catch it. `suite`: the conformance suite, over a loopback, and so on any wire. `flow`:
   * only the tests of flow can, since it takes a wire that misbehaves, or a look inside.
   */
  readonly by: "suite" | "flow";
}
