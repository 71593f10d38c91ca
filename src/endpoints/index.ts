/** Endpoint strings: their grammar, the table of schemes, and the endpoints they name. */
export * from "./endpoint.ts";
export * from "./grammar.ts";
export * from "./nearest.ts";
export { notYet } from "./not-yet.ts";
export { registeredSchemes, registerScheme, schemes } from "./registry.ts";
export type * from "./scheme.ts";
export * from "./spec-of.ts";
