import type { Bytes, Transport } from "../../src/contract/index.ts";
import { Borrower } from "../../src/flow/borrower.ts";

/** A layer that says what it is told to say of what it is lent. */
export class LendingLayer extends Borrower {
  transport!: Transport;
  /** What came through which method. */
  readonly calls: string[] = [];
  readonly #use: (data: Bytes, layer: LendingLayer) => boolean;

  /** @param use answers whether nothing was kept. */
  constructor(use: (data: Bytes, layer: LendingLayer) => boolean = () => true) {
    super();
    this.#use = use;
  }

  connectionMade(transport: Transport): void {
    this.transport = transport;
  }
  borrow(data: Bytes): boolean {
    this.calls.push(`borrow ${data.length}`);
    return this.#use(data, this);
  }
  dataReceived(data: Bytes): void {
    this.calls.push(`data ${data.length}`);
    this.#use(data, this);
  }
  connectionLost(): void {
    this.calls.push("lost");
  }
}
