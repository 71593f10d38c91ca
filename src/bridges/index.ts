/** Bridges: callbacks to promises and streams. They stand on the contract and on flow. */
export * from "./connect.ts";
export * from "./connection.ts";
export * from "./serve.ts";
export type { Server } from "./server.ts";
