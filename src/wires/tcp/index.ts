/** `overwall/tcp`: TCP connections. */
export { type AdoptOptions, adoptTcp } from "./adopt-tcp.ts";
export type { TcpHost, TcpLookup } from "./resolve.ts";
export { type TcpOptions, tcp } from "./tcp.ts";
