import type { Bytes, CloseReason, Protocol, Transport } from "../contract/index.ts";
import { joined } from "./pump.ts";

/**
 * A protocol that remembers everything it is told, for tests.
 *
 * @see twisted.internet.testing.AccumulatingProtocol
 */
export class AccumulatingProtocol implements Protocol {
  /** How often `connectionMade` was called: 1, unless a wire is broken. */
  made = 0;
  /** How often `connectionLost` was called: 1 in the end. */
  closed = 0;
  closedReason: CloseReason | null = null;
  transport: Transport | null = null;
  /** Resolves to the reason when the connection is lost. */
  readonly lost: Promise<CloseReason>;
  readonly #chunks: Bytes[] = [];
  #lose!: (reason: CloseReason) => void;

  constructor() {
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
  }

  /** All that was received, joined. */
  get data(): Bytes {
    return joined(this.#chunks);
  }

  /** What was received, as it came. */
  get chunks(): readonly Bytes[] {
    return this.#chunks;
  }

  connectionMade(transport: Transport): void {
    this.made += 1;
    this.transport = transport;
  }

  dataReceived(data: Bytes): void {
    this.#chunks.push(data);
  }

  connectionLost(reason: CloseReason): void {
    this.closed += 1;
    this.closedReason = reason;
    this.#lose(reason);
  }
}
