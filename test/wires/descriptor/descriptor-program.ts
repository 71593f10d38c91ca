import { constants, readFileSync, writeSync } from "node:fs";
import type { Protocol, Transport } from "../../../src/contract/index.ts";
import { isAbortable, isHalfCloseable } from "../../../src/contract/index.ts";
import { descriptor } from "../../../src/wires/descriptor/index.ts";
import { file } from "../../../src/wires/file/index.ts";

/**
 * `node descriptor-program.js echo FD`, `… shared FD`, `… write PATH BYTES`: what a child does with
 * its own.
 */
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

  protected abort(): void {
    if (isAbortable(this.#transport)) this.#transport.abortConnection();
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

/** Hears one word, cuts the connection, and goes on with the descriptor by itself. */
class Sharer extends Echo {
  override dataReceived(data: Uint8Array): void {
    const info = readFileSync(`/proc/self/fdinfo/${where}`, "utf8");
    const flags = Number.parseInt(/^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? "", 8);
    const waits = (flags & constants.O_NONBLOCK) === 0 ? "waits" : "does not wait";
    process.stderr.write(`${Buffer.from(data).toString()}, ${waits}\n`);
    this.abort();
  }

  override connectionLost(): void {
    writeSync(Number(where), "after");
  }
}

if (what === "echo") {
  const [input, output] = where.split(",").map(Number);
  await descriptor(
    input === undefined || output === undefined ? { fd: Number(where) } : { input, output },
  ).connect(new Echo());
} else if (what === "shared") {
  await descriptor({ fd: Number(where), shared: true, driver: "native" }).connect(new Sharer());
} else {
  await file({ path: where, way: "write" }).connect(new Writer());
}
