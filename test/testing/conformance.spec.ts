import type { TestFunction } from "../../src/testing/index.ts";
import { loopbackWire, register } from "../../src/testing/index.ts";

/** Vitest's own, given to every file by `--globals`. */
declare const test: TestFunction;

register(loopbackWire(), test);
