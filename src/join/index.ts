/** Join: two connections made one pipe, and a relay that does it for every one accepted. */
export * from "./ended-early.ts";
export * from "./join.ts";
export type { Taps } from "./joint.ts";
export * from "./relay.ts";
export type { RelayedConnection } from "./relayed-connection.ts";
export type * from "./report.ts";
