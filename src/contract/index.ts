/** The contract: types, addresses, reasons, errors. It stands on nothing. */
export * from "./address.ts";
export * from "./bytes.ts";
export * from "./capabilities.ts";
export type * from "./clock.ts";
export * from "./close-reason.ts";
export type * from "./endpoint.ts";
export * from "./errors.ts";
export type * from "./ledger.ts";
export * from "./limits.ts";
export type * from "./observer.ts";
export type * from "./process.ts";
export type * from "./producer.ts";
export type * from "./protocol.ts";
export type * from "./pty.ts";
export type * from "./stdio.ts";
export type * from "./tcp.ts";
export type * from "./transport.ts";
export type * from "./unix.ts";
