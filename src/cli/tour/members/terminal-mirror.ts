import { fileURLToPath } from "node:url";
import type { Protocol, Transport } from "../../../contract/index.ts";
import { stdio } from "../../../wires/stdio/index.ts";
import { unix } from "../../../wires/unix/index.ts";

/**
 * A program on a terminal that passes on what it reads to a socket, and back. A terminal ends as
 * one, so either end ends both; a hang-up ends it as it would any other.
 */
export const TERMINAL_MIRROR: string = fileURLToPath(import.meta.url);

class Side implements Protocol {
  transport!: Transport;
  other!: Side;
  #isOver = false;

  connectionMade(transport: Transport): void {
    this.transport = transport;
    // The other side may not be there yet.
    transport.pauseProducing();
  }

  dataReceived(data: Uint8Array): void {
    this.other.transport.write(data);
  }

  readConnectionLost(): void {
    this.over();
    this.other.over();
  }

  connectionLost(): void {
    this.other.over();
  }

  over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.transport.unregisterProducer();
    this.transport.loseConnection();
  }
}

if (process.argv[1] === TERMINAL_MIRROR) {
  const [terminal, socket] = [new Side(), new Side()];
  terminal.other = socket;
  socket.other = terminal;
  await stdio({ closeOutput: true }).connect(terminal);
  await unix({ path: process.argv[2] ?? "" }).connect(socket);
  terminal.transport.registerProducer(socket.transport, true);
  socket.transport.registerProducer(terminal.transport, true);
  for (const { transport } of [terminal, socket]) transport.resumeProducing();
}
