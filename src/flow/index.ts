/** Flow: buffering, pausing, closing, accounting and coalescing, decided once for all wires. */
export * from "./arguments.ts";
export * from "./beneath.ts";
export type * from "./calls.ts";
export { threw } from "./causes.ts";
export * from "./chunk-queue.ts";
export * from "./default-on-error.ts";
export * from "./flow.ts";
export * from "./guard.ts";
export * from "./observe.ts";
export type { ArrivedRider, Rider } from "./riders.ts";
export type { Shortened } from "./shorten.ts";
export { shorten } from "./shorten.ts";
export * from "./system-runtime.ts";
export { FlowTransport } from "./transport.ts";
export type * from "./wire.ts";
