import type { Address } from "./address.ts";
import { formatAddress } from "./address.ts";
import type { CloseCode } from "./close-reason.ts";

/** Every code is stable: match on it, not on the message. */
export type WireErrorCode =
  | CloseCode
  | "ERR_WIRE_REFUSED"
  | "ERR_WIRE_RESOLVE"
  | "ERR_WIRE_TIMEOUT"
  | "ERR_WIRE_ADDRESS_IN_USE"
  | "ERR_WIRE_PERMISSION"
  | "ERR_WIRE_CERTIFICATE"
  | "ERR_WIRE_UNSUPPORTED"
  | "ERR_WIRE_MISSING_PEER"
  | "ERR_WIRE_SPEC"
  | "ERR_WIRE_CLOSED"
  | "ERR_WIRE_BUSY"
  | "ERR_WIRE_PRODUCER_REGISTERED";

export interface WireErrorOptions {
  readonly cause?: unknown;
  /** The end it concerns. */
  readonly address?: Address;
}

/**
 * Something that the world, the peer or the state of a connection did; mistakes in a call are
 * built-in errors.
 */
export class WireError extends Error {
  override readonly name: string = "WireError";
  /** Stable. */
  readonly code: WireErrorCode;
  readonly address?: Address;

  constructor(code: WireErrorCode, message: string, options: WireErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options.address !== undefined) this.address = options.address;
  }
}

/** You used a connection after closing it, or after a layer took it. */
export class ClosedError extends WireError {
  override readonly name = "ClosedError";
  constructor(attempt: string, options: WireErrorOptions = {}, state = "the connection is closed") {
    super("ERR_WIRE_CLOSED", `Cannot ${attempt}: ${state}`, options);
  }
}

/** You used one thing twice at once. */
export class BusyError extends WireError {
  override readonly name = "BusyError";
  constructor(attempt: string, state: string, options: WireErrorOptions = {}) {
    super("ERR_WIRE_BUSY", `Cannot ${attempt}: ${state}`, options);
  }
}

/** You registered a second producer. */
export class ProducerRegisteredError extends WireError {
  override readonly name = "ProducerRegisteredError";
  constructor() {
    super(
      "ERR_WIRE_PRODUCER_REGISTERED",
      "Cannot register a producer: another one is registered; unregister it first",
    );
  }
}

/** The wire, or this platform, cannot do it. */
export class UnsupportedError extends WireError {
  override readonly name = "UnsupportedError";
  constructor(attempt: string, why: string, options: WireErrorOptions = {}) {
    super("ERR_WIRE_UNSUPPORTED", `Cannot ${attempt}: ${why}`, options);
  }
}

/** A stated limit was passed; carries the limit and the value that passed it. */
export class LimitError extends WireError {
  override readonly name = "LimitError";
  readonly limit: number;
  readonly value: number;
  constructor(attempt: string, what: string, limit: number, value: number) {
    super("ERR_WIRE_LIMIT", `Cannot ${attempt}: ${what} is ${value}, the limit is ${limit}`);
    this.limit = limit;
    this.value = value;
  }
}

/** The peer broke a rule of the protocol that is spoken. */
export class PeerProtocolError extends WireError {
  override readonly name = "PeerProtocolError";
  constructor(attempt: string, what: string, options: WireErrorOptions = {}) {
    super("ERR_WIRE_PEER_PROTOCOL", `Cannot ${attempt}: ${what}`, options);
  }
}

/** One attempt of a `connect` that failed. */
export interface FailedAttempt {
  readonly address: Address;
  readonly error: Error;
}

function describeAttempt({ address, error }: FailedAttempt): string {
  return `${formatAddress(address)}: ${error.message}`;
}

/** No attempt to connect succeeded; lists every one. */
export class ConnectError extends WireError {
  override readonly name = "ConnectError";
  readonly attempts: readonly FailedAttempt[];
  constructor(
    code: WireErrorCode,
    target: string,
    why: string,
    attempts: readonly FailedAttempt[],
    options: WireErrorOptions = {},
  ) {
    const tried = attempts.length > 1 ? ` (tried ${attempts.map(describeAttempt).join("; ")})` : "";
    super(code, `Cannot connect to ${target}: ${why}${tried}`, {
      ...(attempts[0] === undefined
        ? {}
        : { cause: attempts[0].error, address: attempts[0].address }),
      ...options,
    });
    this.attempts = attempts;
  }
}

/** It cannot be listened there. */
export class ListenError extends WireError {
  override readonly name = "ListenError";
  constructor(code: WireErrorCode, target: string, why: string, options: WireErrorOptions = {}) {
    super(code, `Cannot listen on ${target}: ${why}`, options);
  }
}

/** An endpoint string does not parse; shows where. */
export class SpecError extends WireError {
  override readonly name = "SpecError";
  /** The string as given. */
  readonly spec: string;
  /** Where in it the fault begins, in characters. */
  readonly offset: number;
  constructor(spec: string, offset: number, what: string, options: WireErrorOptions = {}) {
    super(
      "ERR_WIRE_SPEC",
      `Cannot read the endpoint: ${what}\n  ${spec}\n  ${" ".repeat(offset)}^`,
      options,
    );
    this.spec = spec;
    this.offset = offset;
  }
}

/**
 * Whether `error` is one of ours, by its code, so that it holds across two copies of the package.
 */
export function isWireError(error: unknown): error is WireError {
  return (
    error instanceof Error &&
    typeof (error as { code?: unknown }).code === "string" &&
    (error as { code?: unknown } as { code: string }).code.startsWith("ERR_WIRE_")
  );
}
