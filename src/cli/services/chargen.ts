import type { Bytes, Protocol, PullProducer, Transport } from "../../contract/index.ts";

const PRINTABLE = Array.from({ length: 95 }, (_, index) => 0x20 + index);
const LINE_LENGTH = 72;

/** Sends the rotating lines of RFC 864 for as long as the peer reads them; ignores what it says. */
export class Chargen implements Protocol, PullProducer {
  #transport!: Transport;

  connectionMade(transport: Transport): void {
    this.#transport = transport;
    transport.registerProducer(this, false);
  }

  resumeProducing(): void {
    this.#transport.write(ROTATION);
  }

  stopProducing(): void {}

  dataReceived(): void {}

  readConnectionLost(): void {
    this.#transport.unregisterProducer();
    this.#transport.loseConnection();
  }

  connectionLost(): void {}
}

/** Every line once, from each printable character on; never changed, so that all may borrow it. */
const ROTATION: Bytes = Uint8Array.from(
  PRINTABLE.flatMap((_, start) => [
    ...[...PRINTABLE.slice(start), ...PRINTABLE].slice(0, LINE_LENGTH),
    0x0d,
    0x0a,
  ]),
);
