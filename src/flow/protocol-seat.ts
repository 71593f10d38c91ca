import type { Address, Bytes, CloseReason, OnError, Opening, Protocol } from "../contract/index.ts";
import { checkProtocol } from "./arguments.ts";
import { Borrower } from "./borrower.ts";
import { unopened } from "./causes.ts";
import type { Failing } from "./guard.ts";
import { guard } from "./guard.ts";
import type { FlowOptions } from "./wire.ts";

/** Who takes what a protocol throws; at its beginning and its end nothing is left to abort. */
interface Blamed extends Failing {
  readonly opening: Opening;
  readonly onError: OnError;
}

/**
 * Where the protocol of a connection sits: it is made here, told here, and nothing it throws gets
 * past.
 */
export class ProtocolSeat {
  readonly #options: FlowOptions;
  readonly #seat: Blamed;
  #protocol: Protocol | null = null;
  /** The same, where it is a layer of our own that may borrow. */
  #borrower: Borrower | null = null;
  #hasBegun = false;

  constructor(options: FlowOptions, seat: Blamed) {
    this.#options = options;
    this.#seat = seat;
  }

  get protocol(): Protocol | null {
    return this.#protocol;
  }

  get isAwareOfHalfClose(): boolean {
    return this.#protocol?.readConnectionLost !== undefined;
  }

  /** Makes the protocol; false when the connection is refused, by `null` or by a throw. */
  make(peer: Address): boolean {
    try {
      const protocol = this.#options.accept(peer);
      if (protocol !== null) checkProtocol(protocol);
      this.seat(protocol);
    } catch (error) {
      this.#seat.onError(error, { during: "factory", ...this.#seat.opening });
      this.begin(error);
    }
    return this.#protocol !== null;
  }

  seat(protocol: Protocol | null): void {
    this.#protocol = protocol;
    this.#borrower = Borrower.of(protocol);
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

  /**
   * `tell` of the one thing that is told most, without making a function for it.
   *
   * @returns whether nobody keeps the chunk; what a protocol answers that is not ours says nothing.
   */
  deliver(chunk: Bytes): boolean {
    const protocol = this.#protocol;
    if (protocol === null) return false;
    try {
      if (this.#borrower !== null) return this.#borrower.borrow(chunk);
      const result: unknown = protocol.dataReceived(chunk);
      if (result instanceof Promise) result.catch((error: unknown) => this.#seat.fail(error));
    } catch (error) {
      this.#seat.fail(error);
    }
    return false;
  }

  /** Says how the beginning went, the first time. */
  begin(error?: unknown): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#options.begun?.(error);
  }

  /** Tells the end, and lets go of the protocol. */
  conclude(reason: CloseReason): void {
    if (!this.#hasBegun) this.begin(reason.error ?? unopened(reason));
    const protocol = this.#protocol;
    this.seat(null);
    guard(
      () => protocol?.connectionLost(reason),
      (error) => this.#seat.onError(error, { during: "connectionLost", ...this.#seat.opening }),
    );
    this.#options.ended?.(reason);
  }
}
