import type { ConformanceOptions } from "./conformance.ts";
import { conformance } from "./conformance.ts";
import type { WireUnderTest } from "./wire-under-test.ts";

/** The test function of a runner: `test` of node:test, `it` of vitest, `Deno.test`, … */
export type TestFunction = (name: string, body: () => Promise<void>) => unknown;

export interface RegisterOptions extends ConformanceOptions {
  /** Told of every case that is not run; without it the reason stands in the test's name. */
  readonly skip?: (name: string, reason: string) => unknown;
}

/**
 * Registers every case of the suite with a runner.
 *
 * A skipped case is told to `options.skip`; without that it is registered as an empty test whose
 * name says why, so that no runner's report hides it.
 *
 * @example With skips that the runner counts
 * ```ts
 * register(wire, test, { skip: (name, skip) => test(name, { skip }) });
 * ```
 */
export function register(
  wire: WireUnderTest,
  test: TestFunction,
  options: RegisterOptions = {},
): void {
  for (const { name, skip, gap, run } of conformance(wire, options)) {
    if (skip !== undefined) {
      if (options.skip === undefined) test(`${name} # skipped: ${skip}`, async () => {});
      else options.skip(name, skip);
    } else {
      test(gap === undefined ? name : `${name} # known gap: ${gap}`, run);
    }
  }
}
