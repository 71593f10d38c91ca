/** One local server on any system: a named pipe on Windows, a UNIX socket elsewhere. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Protocol, Transport } from "overwall";
import { connect, describeReason, endpoint } from "overwall";

const folder = mkdtempSync(join(tmpdir(), "example-"));
const isWindows = process.platform === "win32";
const place = await endpoint(isWindows ? `pipe:example-${process.pid}` : `unix://${folder}/socket`);

class Greeter implements Protocol {
  #transport!: Transport;

  connectionMade(transport: Transport): void {
    this.#transport = transport;
    transport.write(new TextEncoder().encode("hello over "));
    transport.write(new TextEncoder().encode(transport.getHost().kind));
    transport.loseConnection();
  }

  dataReceived(): void {}

  connectionLost(reason: Parameters<Protocol["connectionLost"]>[0]): void {
    const { sent } = this.#transport.ledger;
    console.log(`server: ${describeReason(reason)}, ${sent} bytes sent`);
  }
}

const port = await place.listen(() => new Greeter());
const connection = await connect(place);
const decoder = new TextDecoder();
for await (const chunk of connection) console.log(`client: ${decoder.decode(chunk)}`);
await connection.close();
await port.stopListening();
rmSync(folder, { recursive: true });
