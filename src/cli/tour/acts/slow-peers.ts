import { createHash } from "node:crypto";
import type { Bytes, Protocol, PushProducer, Transport } from "../../../contract/index.ts";

/** Each chunk has its number in it, so that no two are alike. */
export const CHUNK_BYTES: number = 64 * 1024;
export const CHUNKS = 1024;
const READ_EVERY_MS = 20;
const SLOW_MS = 2000;

/** Writes as fast as it is let, and counts how often it is not. */
export class Source implements Protocol, PushProducer {
  paused = 0;
  transport!: Transport;
  readonly #hash = createHash("sha256");
  #chunks = 0;
  #isHeld = false;

  get written(): number {
    return this.#chunks * CHUNK_BYTES;
  }

  get sha256(): string {
    return this.#hash.copy().digest("hex");
  }

  connectionMade(transport: Transport): void {
    this.transport = transport;
    transport.registerProducer(this, true);
    this.#write();
  }

  dataReceived(): void {}

  connectionLost(): void {}

  pauseProducing(): void {
    this.paused += 1;
    this.#isHeld = true;
  }

  resumeProducing(): void {
    this.#isHeld = false;
    this.#write();
  }

  stopProducing(): void {
    this.#isHeld = true;
  }

  #write(): void {
    while (!this.#isHeld && this.#chunks < CHUNKS) {
      this.#chunks += 1;
      const chunk = Buffer.alloc(CHUNK_BYTES, `chunk ${this.#chunks} `);
      this.#hash.update(chunk);
      this.transport.write(chunk);
    }
    if (this.#chunks < CHUNKS) return;
    this.transport.unregisterProducer();
    this.transport.loseConnection();
  }
}

interface Done {
  readonly received: number;
  readonly rateSlow: number;
  readonly sha256: string;
}

/** Rests after every chunk for a while; then reads all that is left. */
export class SlowReader implements Protocol {
  readonly done: Promise<Done>;
  received = 0;
  isSlow = true;
  came: (transport: Transport) => void = () => {};
  /** Told when it has been slow for long enough. */
  hurries: () => void = () => {};
  readonly #hash = createHash("sha256");
  #rateSlow = 0;
  #tellDone!: (done: Done) => void;
  #transport!: Transport;
  #startedMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.done = new Promise((resolve) => (this.#tellDone = resolve));
  }

  connectionMade(transport: Transport): void {
    this.#transport = transport;
    this.#startedMs = performance.now();
    this.came(transport);
  }

  dataReceived(data: Bytes): void {
    this.received += data.byteLength;
    this.#hash.update(data);
    if (!this.isSlow) return;
    const elapsedMs = performance.now() - this.#startedMs;
    this.#rateSlow = (this.received * 1000) / elapsedMs;
    this.isSlow = elapsedMs < SLOW_MS;
    if (!this.isSlow) this.hurries();
    this.#transport.pauseProducing();
    this.#timer = setTimeout(() => this.#transport.resumeProducing(), READ_EVERY_MS);
  }

  connectionLost(): void {
    this.giveUp();
  }

  giveUp(): void {
    clearTimeout(this.#timer);
    const { received } = this;
    this.#tellDone({ received, rateSlow: this.#rateSlow, sha256: this.#hash.copy().digest("hex") });
  }
}
