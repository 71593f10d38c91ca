/** `overwall/tcp`: TCP connections. */
export type { TcpHost, TcpLookup } from "./resolve.ts";
export { type TcpOptions, tcp } from "./tcp.ts";
