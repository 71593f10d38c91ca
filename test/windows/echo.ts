import type { Protocol, StdioTransport } from "../../src/contract/index.ts";
import { finishStdio, stdio } from "../../src/wires/stdio/index.ts";

/** Says all it reads before it exits with 5. With "closing" it is refused, and exits with 6. */
class Echo implements Protocol<StdioTransport> {
  #transport!: StdioTransport;

  connectionMade(transport: StdioTransport): void {
    this.#transport = transport;
  }

  dataReceived(data: Uint8Array): void {
    this.#transport.write(data);
  }

  async readConnectionLost(): Promise<void> {
    await finishStdio(5);
    process.exit();
  }

  connectionLost(): void {}
}

const closeOutput = process.argv[2] === "closing";
try {
  await stdio({ closeOutput }).connect(new Echo());
} catch (error) {
  process.exitCode = Reflect.get(error as object, "code") === "ERR_WIRE_UNSUPPORTED" ? 6 : 1;
}
