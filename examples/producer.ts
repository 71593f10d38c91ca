/**
 * A pull producer sends a large body a piece at a time: nothing piles up, and the close waits for
 * it.
 */
import type { Bytes, CloseReason, Protocol, PullProducer, Transport } from "overwall";
import { connect } from "overwall";
import { tcp } from "overwall/tcp";

const PIECES = 64;

class Download implements Protocol, PullProducer {
  #transport!: Transport;
  #left = PIECES;

  connectionMade(transport: Transport): void {
    this.#transport = transport;
    transport.registerProducer(this, false);
    transport.loseConnection(); // waits until the producer is unregistered
  }
  resumeProducing(): void {
    this.#transport.write(new Uint8Array(256 * 1024).fill(this.#left));
    this.#left -= 1;
    if (this.#left === 0) this.#transport.unregisterProducer();
  }
  stopProducing(): void {
    console.log(`the client left, ${this.#left} pieces unsent`);
  }
  dataReceived(_data: Bytes): void {}
  connectionLost(reason: CloseReason): void {
    console.log(`server: ${reason.kind}, ${reason.ledger.sent} bytes sent`);
  }
}

await using port = await tcp({ port: 0 }).listen(() => new Download());
await using peer = await connect(tcp({ port: (port.getHost() as { port: number }).port }));
let received = 0;
for await (const chunk of peer) received += chunk.byteLength;
console.log(`client: ${received} bytes received`);
