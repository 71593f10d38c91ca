/** TLS over TCP with a certificate made on the spot, and what the handshake settled. */
import { connect, lines, serve } from "overwall";
import { tcp } from "overwall/tcp";
import type { TlsTransport } from "overwall/tls";
import { selfSigned, tls } from "overwall/tls";

const own = await selfSigned({ names: ["localhost", "127.0.0.1"] });
await using server = await serve(tls(tcp({ port: 0 }), own), async (peer) => {
  for await (const line of lines(peer)) await peer.send(`${line.toUpperCase()}\n`);
});

const { port } = server.getHost() as { port: number };
await using peer = await connect<TlsTransport>(tls(tcp({ port }), { ca: own.cert }));
const { protocol, authorized } = peer.transport;
console.log(protocol, authorized ? "verified" : "not verified");
await peer.send("over the wall\n");
await peer.end();
for await (const line of lines(peer)) console.log(line);
console.log((await peer.close()).kind);
