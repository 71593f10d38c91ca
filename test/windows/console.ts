import type { Protocol, StdioTransport } from "../../src/contract/index.ts";
import { stdio } from "../../src/wires/stdio/index.ts";

/** A program on a console: says what it is, shows keys as they come, and ends with `q`. */
class Keys implements Protocol<StdioTransport> {
  #transport!: StdioTransport;

  connectionMade(transport: StdioTransport): void {
    this.#transport = transport;
    transport.setRawMode(true);
    const { isTerminal, terminalSize } = transport;
    this.#say(`console ${isTerminal.input} ${isTerminal.output} ${terminalSize?.columns}`);
  }

  dataReceived(data: Uint8Array): void {
    const keys = Buffer.from(data).toString();
    this.#say(`key ${keys}`);
    if (!keys.includes("q")) return;
    this.#transport.setRawMode(false);
    this.#transport.loseConnection();
  }

  connectionLost(): void {
    process.exit(3);
  }

  #say(text: string): void {
    this.#transport.write(Buffer.from(`<${text}>\r\n`));
  }
}

await stdio().connect(new Keys());
