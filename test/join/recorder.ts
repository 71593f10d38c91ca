import type { Bytes, CloseReason, Protocol, Transport } from "../../src/contract/index.ts";

/** A protocol that writes down what it is told; half-close aware unless told otherwise. */
export class Recorder implements Protocol {
  transport!: Transport;
  receivedBytes = 0;
  readonly chunks: Bytes[] = [];
  hasEnded = false;
  reason: CloseReason | undefined;
  onEnd: () => void = () => {};
  onMade: () => void = () => {};
  onData: (data: Bytes) => void = () => {};
  readonly lost: Promise<CloseReason>;
  #settle!: (reason: CloseReason) => void;

  constructor() {
    this.lost = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  get isLost(): boolean {
    return this.reason !== undefined;
  }

  write(text: string): void {
    this.transport.write(Buffer.from(text));
  }

  connectionMade(transport: Transport): void {
    this.transport = transport;
    this.onMade();
  }

  dataReceived(data: Bytes): void {
    this.receivedBytes += data.byteLength;
    this.chunks.push(data);
    this.onData(data);
  }

  readConnectionLost(): void {
    this.hasEnded = true;
    this.onEnd();
  }

  connectionLost(reason: CloseReason): void {
    this.reason = reason;
    this.#settle(reason);
  }
}
