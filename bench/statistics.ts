/** The middle of some numbers; of an even count the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError("Cannot take a median: there are no values");
  if (sorted.length % 2 === 1) return upper;
  return ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Some numbers by their middle and their ends. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

/** The spread of some numbers; undefined where there are none. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  return {
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    count: values.length,
  };
}

/** What something cost in a round. */
export interface Sample {
  readonly round: number;
  readonly cost: number;
}

/**
 * How many times less one costs than the other, round by round: above 1, `ours` is the better one.
 * Rounds that only one of them finished are left out.
 */
export function pairedRatios(
  ours: readonly Sample[],
  theirs: readonly Sample[],
): readonly number[] {
  const costs = new Map(theirs.map(({ round, cost }) => [round, cost]));
  return ours.flatMap(({ round, cost }) => {
    const other = costs.get(round);
    return other === undefined || cost <= 0 ? [] : [other / cost];
  });
}
