/** One thing that a check will not let pass. */
export interface Finding {
  /** Kebab-case; a planted fault is expected under this name. */
  readonly rule: string;
  /** A path from the project's root, with `:line` where one is known. */
  readonly where: string;
  readonly message: string;
}

/** What a check looked at and what it found there. */
export interface CheckResult {
  /** How many of each kind were seen: a check that saw nothing has proved nothing. */
  readonly saw: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
  /** Worth reading, not worth failing. */
  readonly notes?: readonly string[];
}
