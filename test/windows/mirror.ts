import { fileURLToPath } from "node:url";
import type { Protocol, Transport } from "../../src/contract/index.ts";
import { stdio } from "../../src/wires/stdio/index.ts";
import { tcp } from "../../src/wires/tcp/index.ts";

/**
 * A program: its standard streams and a TCP port, each written to the other, and over together:
 * whoever reads standard output on Windows sees its end when the program is. Its standard error
 * tells when they are joined.
 */
export const MIRROR: string = fileURLToPath(import.meta.url);

class Side implements Protocol {
  other!: Side;
  transport!: Transport;

  connectionMade(transport: Transport): void {
    this.transport = transport;
    transport.pauseProducing();
  }

  dataReceived(data: Uint8Array): void {
    this.other.transport.write(data);
  }

  readConnectionLost(): void {
    this.#endOther();
  }

  connectionLost(): void {
    this.#endOther();
  }

  feeds(other: Side): void {
    this.other = other;
    other.transport.registerProducer(this.transport, true);
    this.transport.resumeProducing();
  }

  #endOther(): void {
    this.other.transport.unregisterProducer();
    this.other.transport.loseConnection();
  }
}

if (process.argv[1] === MIRROR) {
  const [here, there] = [new Side(), new Side()];
  await tcp({ port: Number(process.argv[2]) }).connect(there);
  await stdio().connect(here);
  here.feeds(there);
  there.feeds(here);
  setImmediate(() => process.stderr.write("."));
}
