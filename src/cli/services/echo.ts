import type { Bytes, Protocol, Transport } from "../../contract/index.ts";

/** Sends back what it gets, and reads no faster than it can send. @see RFC 862 */
export class Echo implements Protocol {
  #transport!: Transport;

  connectionMade(transport: Transport): void {
    this.#transport = transport;
    // Its own producer: a peer that does not read its echo is not read from.
    transport.registerProducer(transport, true);
  }

  dataReceived(data: Bytes): void {
    this.#transport.write(data);
  }

  readConnectionLost(): void {
    this.#transport.unregisterProducer();
    this.#transport.loseConnection();
  }

  connectionLost(): void {}
}
