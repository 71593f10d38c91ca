import type { Bytes, CloseReason, OnError, Opening, Protocol } from "../contract/index.ts";
import { checkProtocol } from "./arguments.ts";
import { unopened } from "./causes.ts";
import type { Failing } from "./guard.ts";
import { guard } from "./guard.ts";
import type { FlowOptions } from "./wire.ts";

/**
 * Where the protocol of a connection sits: it is made here, told here, and nothing it throws gets
 * past.
 */
export class ProtocolSeat {
  readonly #options: FlowOptions;
  readonly #onError: OnError;
  readonly #seat: Failing;
  #protocol: Protocol | null = null;
  #hasBegun = false;

  /** @param seat takes what a protocol throws. */
  constructor(options: FlowOptions, onError: OnError, seat: Failing) {
    this.#options = options;
    this.#onError = onError;
    this.#seat = seat;
  }

  get protocol(): Protocol | null {
    return this.#protocol;
  }

  get isAwareOfHalfClose(): boolean {
    return this.#protocol?.readConnectionLost !== undefined;
  }

  /** Makes the protocol; false when the connection is refused, by `null` or by a throw. */
  make(opening: Opening): boolean {
    try {
      this.#protocol = this.#options.accept(opening.peer);
      if (this.#protocol !== null) checkProtocol(this.#protocol);
    } catch (error) {
      this.#protocol = null;
      this.#onError(error, { during: "factory", ...opening });
      this.begin(error);
    }
    return this.#protocol !== null;
  }

  seat(protocol: Protocol | null): void {
    this.#protocol = protocol;
  }

  /** Calls the protocol, if one sits. @returns what it threw. */
  tell(call: (protocol: Protocol) => void): unknown {
    const protocol = this.#protocol;
    if (protocol === null) return undefined;
    return guard(
      () => call(protocol),
      (error) => this.#seat.fail(error),
    );
  }

  /** `tell` of the one thing that is told most, without making a function for it. */
  deliver(chunk: Bytes): void {
    const protocol = this.#protocol;
    if (protocol === null) return;
    try {
      const result: unknown = protocol.dataReceived(chunk);
      if (result instanceof Promise) result.catch((error: unknown) => this.#seat.fail(error));
    } catch (error) {
      this.#seat.fail(error);
    }
  }

  /** Says how the beginning went, the first time. */
  begin(error?: unknown): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#options.begun?.(error);
  }

  /** Tells the end, and lets go of the protocol. */
  conclude(reason: CloseReason, opening: Opening): void {
    this.begin(reason.error ?? unopened(reason));
    const protocol = this.#protocol;
    this.#protocol = null;
    guard(
      () => protocol?.connectionLost(reason),
      (error) => this.#onError(error, { during: "connectionLost", ...opening }),
    );
    this.#options.ended?.(reason);
  }
}
