/** overwall MODE PORT [BYTES]: servers on the public API, the whole contract on. */
import type { Bytes, CloseReason, Protocol, PushProducer, Transport } from "overwall";
import { tcp } from "overwall/tcp";
import { BLOCK_BYTES, fixedBytes, PIECES, REQUEST_BYTES } from "./fixed-bytes.ts";
import { watchTimer } from "./timer-lateness.ts";

class Echo implements Protocol {
  #transport!: Transport;

  connectionMade(transport: Transport): void {
    this.#transport = transport;
  }
  dataReceived(data: Bytes): void {
    this.#transport.write(data);
  }
  connectionLost(_reason: CloseReason): void {}
}

class SmallWrites implements Protocol {
  #transport!: Transport;
  #unanswered = 0;

  connectionMade(transport: Transport): void {
    this.#transport = transport;
  }
  dataReceived(data: Bytes): void {
    this.#unanswered += data.byteLength;
    while (this.#unanswered >= REQUEST_BYTES) {
      this.#unanswered -= REQUEST_BYTES;
      for (const piece of PIECES) this.#transport.write(piece);
    }
  }
  connectionLost(_reason: CloseReason): void {}
}

class Sink implements Protocol {
  #transport!: Transport;
  #count = 0;

  connectionMade(transport: Transport): void {
    this.#transport = transport;
  }
  dataReceived(data: Bytes): void {
    this.#count += data.byteLength;
  }
  readConnectionLost(): void {
    this.#transport.write(new TextEncoder().encode(String(this.#count)));
    this.#transport.loseConnection();
  }
  connectionLost(_reason: CloseReason): void {}
}

/**
 * What a layer of ours does with what it is lent, and nothing else. The class that lends is on no
 * entry point, so it comes from the build that `overwall` is.
 */
async function borrowingSink(): Promise<() => Protocol> {
  const build = new URL("flow/borrower.js", import.meta.resolve("overwall"));
  const { Borrower } = (await import(build.href)) as typeof import("../../src/flow/borrower.ts");
  class BorrowingSink extends Borrower {
    readonly #sink = new Sink();

    connectionMade(transport: Transport): void {
      this.#sink.connectionMade(transport);
    }
    borrow(data: Bytes): boolean {
      this.#sink.dataReceived(data);
      return true;
    }
    dataReceived(data: Bytes): void {
      this.#sink.dataReceived(data);
    }
    readConnectionLost(): void {
      this.#sink.readConnectionLost();
    }
    connectionLost(_reason: CloseReason): void {}
  }
  return () => new BorrowingSink();
}

class Source implements Protocol, PushProducer {
  #transport!: Transport;
  #left: number;
  #isPaused = true;

  constructor(bytes: number) {
    this.#left = bytes;
  }
  connectionMade(transport: Transport): void {
    this.#transport = transport;
    transport.registerProducer(this, true);
    transport.loseConnection();
    this.resumeProducing();
  }
  resumeProducing(): void {
    this.#isPaused = false;
    while (!this.#isPaused && this.#left > 0) {
      const length = Math.min(this.#left, BLOCK_BYTES);
      this.#left -= length;
      this.#transport.write(length === BLOCK_BYTES ? BLOCK : BLOCK.subarray(0, length));
    }
    if (this.#left === 0) this.#transport.unregisterProducer();
  }
  pauseProducing(): void {
    this.#isPaused = true;
  }
  stopProducing(): void {
    this.#isPaused = true;
  }
  dataReceived(_data: Bytes): void {}
  connectionLost(_reason: CloseReason): void {}
}

const BLOCK = fixedBytes(BLOCK_BYTES);

const [mode = "", port = "", bytes = ""] = process.argv.slice(2);
const factories: Readonly<Record<string, () => Protocol>> = {
  echo: () => new Echo(),
  timer: () => new Echo(),
  small: () => new SmallWrites(),
  sink: () => new Sink(),
  "sink-borrowed": mode === "sink-borrowed" ? await borrowingSink() : () => new Sink(),
  source: () => new Source(Number(bytes)),
};
const factory = factories[mode];
if (factory === undefined) throw new RangeError(`there is no mode ${mode}`);
if (mode === "timer") watchTimer();
await tcp({ port: Number(port), backlog: 4096 }).listen(factory, {
  limits: { maxConnections: 25_000 },
});
