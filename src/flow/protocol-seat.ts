import type { CloseReason, OnError, Opening, Protocol } from "../contract/index.ts";
import { checkProtocol } from "./arguments.ts";
import { unopened } from "./causes.ts";
import { guard } from "./guard.ts";
import type { FlowOptions } from "./wire.ts";

/**
 * Where the protocol of a connection sits: it is made here, told here, and nothing it throws gets
 * past.
 */
export class ProtocolSeat {
  readonly #options: FlowOptions;
  readonly #onError: OnError;
  readonly #fail: (error: unknown) => void;
  #protocol: Protocol | null = null;
  #hasBegun = false;

  /** @param fail takes what a protocol throws. */
  constructor(options: FlowOptions, onError: OnError, fail: (error: unknown) => void) {
    this.#options = options;
    this.#onError = onError;
    this.#fail = fail;
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
    return protocol === null ? undefined : guard(() => call(protocol), this.#fail);
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
