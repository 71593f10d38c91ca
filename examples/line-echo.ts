/** Echoes lines over TCP, talks to itself once, and ends. Leave the last block out for a server. */
import { connect, lines, serve } from "overwall";
import { tcp } from "overwall/tcp";

await using server = await serve(tcp({ port: 0 }), async (peer) => {
  for await (const line of lines(peer)) await peer.send(`${line}\n`);
});

const { port } = server.getHost() as { port: number };
await using peer = await connect(tcp({ port }));
await peer.send("hello\nworld\n");
await peer.end();
for await (const line of lines(peer)) console.log(line);
console.log((await peer.close()).kind);
