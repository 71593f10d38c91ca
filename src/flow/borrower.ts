import type { Bytes, CloseReason, Protocol, Transport } from "../contract/index.ts";

/**
 * A layer of our own, which is lent bytes for the time of a call. Not exported by the room: a
 * protocol of a user owns what it is given, whatever its methods answer, and whoever wraps a
 * layer is a protocol of that kind.
 */
export abstract class Borrower implements Protocol {
  /** `null` for every other protocol. */
  static of(protocol: Protocol | null): Borrower | null {
    const isOurs = protocol !== null && #isOurs in protocol && protocol.#isOurs;
    return isOurs ? protocol : null;
  }

  readonly #isOurs = true;

  /**
   * Takes the place of `dataReceived` where bytes are told as they arrive.
   *
   * @returns whether nothing of `data` is kept: its memory is used again.
   */
  abstract borrow(data: Bytes): boolean;
  abstract connectionMade(transport: Transport): void;
  abstract dataReceived(data: Bytes): void;
  abstract connectionLost(reason: CloseReason): void;
}
