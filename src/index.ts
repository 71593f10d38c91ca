/** Overwall: one contract for byte transports, every wire behind it. */

export type {
  CloseOptions,
  ConnectionOptions,
  Handler,
  ServeOptions,
  Server,
  WaitOptions,
} from "./bridges/index.ts";
export { Connection, connect, serve } from "./bridges/index.ts";
export * from "./contract/index.ts";
export type { EndpointSpec, LayerSpec, Scheme } from "./endpoints/index.ts";
export { endpoint, format, parse, registerScheme, schemes } from "./endpoints/index.ts";
export { observe } from "./flow/observe.ts";
export { lines } from "./framing/index.ts";
export type {
  Joinable,
  JoinOptions,
  JoinReport,
  Relay,
  RelayEvents,
  RelayedConnection,
  RelayOptions,
} from "./join/index.ts";
export { join, relay } from "./join/index.ts";
