import type { Protocol, Transport } from "../../../src/contract/index.ts";
import { isHalfCloseable } from "../../../src/contract/index.ts";
import { descriptor } from "../../../src/wires/descriptor/index.ts";
import { file } from "../../../src/wires/file/index.ts";

/** `node descriptor-program.js echo FD`, `… write PATH BYTES`: what a child does with its own. */
const [what = "", where = "", size = ""] = process.argv.slice(2);

/** Gives back what comes; ends behind the peer's end, and tells how it ended. */
class Echo implements Protocol {
  #transport!: Transport;

  connectionMade(transport: Transport): void {
    this.#transport = transport;
  }

  dataReceived(data: Uint8Array): void {
    this.#transport.write(data);
  }

  readConnectionLost(): void {
    this.#transport.write(Buffer.from("(end)"));
    if (isHalfCloseable(this.#transport)) this.#transport.loseWriteConnection();
  }

  connectionLost({ kind, by, code, ledger }: Parameters<Protocol["connectionLost"]>[0]): void {
    const { sent, unsent } = ledger;
    process.stderr.write(`${JSON.stringify({ kind, by, code, sent, unsent })}\n`);
  }
}

/** Writes, and closes. */
class Writer extends Echo {
  override connectionMade(transport: Transport): void {
    transport.write(new Uint8Array(Number(size)));
    transport.loseConnection();
  }
}

if (what === "echo") {
  const [input, output] = where.split(",").map(Number);
  await descriptor(
    input === undefined || output === undefined ? { fd: Number(where) } : { input, output },
  ).connect(new Echo());
} else {
  await file({ path: where, way: "write" }).connect(new Writer());
}
