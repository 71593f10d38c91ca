import { test } from "node:test";
import type { WireUnderTest } from "../../src/testing/index.ts";
import { register } from "../../src/testing/index.ts";

/** Registers the suite for `wire` with node:test, which counts what is skipped. */
export function conforms(wire: WireUnderTest): void {
  register(wire, test, { skip: (name, skip) => test(name, { skip }) });
}
