/** The conformance suite: is a wire as good as it says? Needs no test runner, and takes any. */
export * from "./broken-wires.ts";
export { cases } from "./cases/index.ts";
export { ConformanceFailure } from "./check.ts";
export * from "./conformance.ts";
export type { ConformanceCase } from "./conformance-case.ts";
export * from "./endpoint-wire.ts";
export * from "./flow-wire.ts";
export * from "./given-wire.ts";
export * from "./loopback-wire.ts";
export { type PassingFault, passingWire } from "./passing-wire.ts";
export * from "./register.ts";
export * from "./settle.ts";
export type * from "./wire-under-test.ts";
