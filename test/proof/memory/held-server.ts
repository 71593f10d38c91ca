import type { Protocol, PushProducer, Transport } from "../../../src/contract/index.ts";
import type { SocketAddress } from "../../interop/socket-address.ts";
import { endpointAt, socketAddressOf } from "../../interop/socket-address.ts";

// A server in a process of its own, so that what it holds can be weighed. Run with its role and, in
// JSON, where to listen; prints where it does, a line for a connection, and its account when asked.

/** Writes fresh bytes in every turn in which it may. */
class Source implements PushProducer {
  readonly #transport: Transport;
  readonly #obeys: boolean;
  #isPaused = false;
  #isStopped = false;

  constructor(transport: Transport, obeys: boolean) {
    this.#transport = transport;
    this.#obeys = obeys;
    this.#produce();
  }

  pauseProducing(): void {
    this.#isPaused = this.#obeys;
  }

  resumeProducing(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#produce();
  }

  stopProducing(): void {
    this.#isStopped = true;
  }

  readonly #produce = (): void => {
    if (this.#isPaused || this.#isStopped) return;
    this.#transport.write(Buffer.alloc(CHUNK_BYTES, 1));
    if (this.#obeys) setImmediate(this.#produce);
    else setTimeout(this.#produce, 1);
  };
}

const CHUNK_BYTES = 64 * 1024;

function begin(transport: Transport, role: string | undefined): void {
  if (role === "never reads") transport.pauseProducing();
  else transport.registerProducer(new Source(transport, role === "produces"), true);
}

const [role, at] = process.argv.slice(2);
const factory = (): Protocol => ({
  connectionMade(transport) {
    process.stdout.write("connected\n");
    process.stdin.once("data", () => {
      const { received, accepted } = transport.ledger;
      process.stdout.write(`account ${received} ${accepted}\n`);
    });
    begin(transport, role);
  },
  dataReceived() {},
  connectionLost() {},
});
const port = await endpointAt(JSON.parse(at ?? "{}") as SocketAddress).listen(factory);
process.stdout.write(`${JSON.stringify(socketAddressOf(port.getHost()))}\n`);
