import type { Bytes, CloseReason, Protocol, Transport } from "../../../src/contract/index.ts";
import { isAbortable, isHalfCloseable } from "../../../src/contract/index.ts";

export interface Part {
  /** Whether the peer's end leaves our direction open. */
  readonly halfOpen?: boolean;
  readonly made?: (actor: Actor) => unknown;
  readonly data?: (actor: Actor, byteCount: number) => unknown;
  readonly readLost?: (actor: Actor) => unknown;
  readonly writeLost?: (actor: Actor) => unknown;
}

/** One end of a connection: plays its part, and keeps the reason. */
export class Actor implements Protocol {
  readonly made: Promise<void>;
  readonly lost: Promise<CloseReason>;
  readonly readConnectionLost?: () => void;
  receivedBytes = 0;
  isLost = false;
  hasLostWriting = false;
  readonly #part: Part;
  #transport: Transport | undefined;
  #made: () => void = () => {};
  #lost: (reason: CloseReason) => void = () => {};

  constructor(part: Part) {
    this.#part = part;
    this.made = new Promise((resolve) => {
      this.#made = resolve;
    });
    this.lost = new Promise((resolve) => {
      this.#lost = resolve;
    });
    if (part.halfOpen === true) this.readConnectionLost = () => void part.readLost?.(this);
  }

  get isMade(): boolean {
    return this.#transport !== undefined;
  }

  get transport(): Transport {
    if (this.#transport === undefined) throw new Error("Cannot act: the connection is not made");
    return this.#transport;
  }

  connectionMade(transport: Transport): void {
    this.#transport = transport;
    this.#made();
    this.#part.made?.(this);
  }

  dataReceived(data: Bytes): void {
    this.receivedBytes += data.length;
    this.#part.data?.(this, this.receivedBytes);
  }

  writeConnectionLost(): void {
    this.hasLostWriting = true;
    this.#part.writeLost?.(this);
  }

  connectionLost(reason: CloseReason): void {
    this.isLost = true;
    this.#lost(reason);
  }

  write(byteCount: number): void {
    this.transport.write(new Uint8Array(byteCount));
  }

  close(): void {
    this.transport.loseConnection();
  }

  endSending(): void {
    if (isHalfCloseable(this.transport)) this.transport.loseWriteConnection();
  }

  abort(): void {
    if (isAbortable(this.transport)) this.transport.abortConnection();
  }
}
