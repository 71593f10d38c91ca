import { test } from "node:test";
import type { ConformanceCase, WireUnderTest } from "../../src/testing/index.ts";
import { cases, register } from "../../src/testing/index.ts";

/** Registers the suite, or some of it, for `wire` with node:test, which counts what is skipped. */
export function conforms(wire: WireUnderTest, some: readonly ConformanceCase[] = cases): void {
  register(wire, test, { cases: some, skip: (name, skip) => test(name, { skip }) });
}
