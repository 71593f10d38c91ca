/** Node's streams and this library's connections, each as the other. */
export type { GivenOptions } from "./given-endpoint.ts";
export { fromNodeDuplex } from "./node-from-duplex.ts";
export type { NetSocketOptions, TransportSocket } from "./node-net-socket.ts";
export { toNetSocket } from "./node-net-socket.ts";
export { toNodeDuplex } from "./node-to-duplex.ts";
export type { StreamError } from "./stream-error.ts";
export type { Switchable } from "./take-over.ts";
