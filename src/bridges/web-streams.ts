/** The streams of the web platform and this library's connections, each as the other. */
export type { GivenOptions } from "./given-endpoint.ts";
export type { StreamError } from "./stream-error.ts";
export type { Switchable } from "./take-over.ts";
export { fromWebStreams } from "./web-from-streams.ts";
export type { WebStreams } from "./web-to-streams.ts";
export { toWebStreams } from "./web-to-streams.ts";
