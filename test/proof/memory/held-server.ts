import type { Protocol, Transport } from "../../../src/contract/index.ts";
import type { SocketAddress } from "../../interop/socket-address.ts";
import { endpointAt, socketAddressOf } from "../../interop/socket-address.ts";
import { Source } from "./source.ts";

// A server in a process of its own, so that what it holds can be weighed. Run with its role and, in
// JSON, where to listen; prints where it does, a line for a connection, and its account when asked.

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
