/** One protocol class, unchanged, over TCP, a UNIX socket and memory. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bytes, CloseReason, Endpoint, Protocol, Transport } from "overwall";
import { connect, describeReason } from "overwall";
import { memoryNetwork } from "overwall/memory";
import { tcp } from "overwall/tcp";
import { unix } from "overwall/unix";

/** Answers with what it got, upside down, once the peer has said everything. */
class Backwards implements Protocol {
  readonly #name: string;
  readonly #chunks: Bytes[] = [];
  #transport!: Transport;

  constructor(name: string) {
    this.#name = name;
  }
  connectionMade(transport: Transport): void {
    this.#transport = transport;
  }
  dataReceived(data: Bytes): void {
    this.#chunks.push(data);
  }
  readConnectionLost(): void {
    this.#transport.writeSequence(this.#chunks.reverse().map((chunk) => chunk.toReversed()));
    this.#transport.loseConnection();
  }
  connectionLost(reason: CloseReason): void {
    console.log(`${this.#name}: ${describeReason(reason)}, ${reason.ledger.sent} bytes sent`);
  }
}

async function ask(
  name: string,
  listen: Endpoint,
  reach: (host: unknown) => Endpoint,
): Promise<void> {
  await using port = await listen.listen(() => new Backwards(name));
  await using peer = await connect(reach(port.getHost()));
  await peer.send("!llaw eht revo");
  await peer.end();
  for await (const chunk of peer) console.log(`${name}: ${new TextDecoder().decode(chunk)}`);
}

const folder = await mkdtemp(join(tmpdir(), "overwall-example-"));
const path = join(folder, "s");
const memory = memoryNetwork().endpoint("backwards");
await ask("tcp", tcp({ port: 0 }), (host) => tcp({ port: (host as { port: number }).port }));
await ask("unix", unix({ path }), () => unix({ path }));
await ask("memory", memory, () => memory);
await rm(folder, { recursive: true });
