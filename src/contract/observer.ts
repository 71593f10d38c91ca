import type { Address } from "./address.ts";
import type { Bytes } from "./bytes.ts";
import type { CloseReason } from "./close-reason.ts";

/** Which way bytes go, seen from our end. */
export type Direction = "in" | "out";

/** The facts of a connection that an observer is told when it opened. */
export interface Opening {
  readonly host: Address;
  readonly peer: Address;
}

/**
 * Watches one connection and changes nothing. Every method is optional. One that throws is reported
 * to `onError` and called again all the same.
 *
 * @clause observe.pauses observe.harmless observe.counted
 */
export interface Observer {
  opened?(opening: Opening): void;
  /**
   * Bytes crossed: `in` as they are delivered, `out` as the wire takes them to send.
   *
   * @param data borrowed for the call; copy what you keep.
   */
  bytes?(direction: Direction, data: Bytes): void;
  /**
   * So many bytes crossed, at the same moments as `bytes`. Whoever has this and not `bytes`,
   * `paused` or `resumed` does not keep a join from carrying them natively.
   */
  counted?(direction: Direction, byteCount: number): void;
  /** `in`: the protocol paused reading. `out`: the producer was paused. */
  paused?(direction: Direction): void;
  resumed?(direction: Direction): void;
  /** The last call, before the protocol's `connectionLost`. */
  ended?(reason: CloseReason): void;
}

/** What `onError` is told beside the error. */
export interface ErrorContext {
  /**
   * What was going on: `"accept"`, `"factory"`, `"connectionLost"`, `"observer"`, `"handshake"`.
   */
  readonly during: string;
  readonly host?: Address;
  readonly peer?: Address;
}

/** Takes errors that have no other place. */
export type OnError = (error: unknown, context: ErrorContext) => void;
