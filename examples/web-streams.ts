/** A TCP connection as web streams, through a transform of the platform's. It ends by itself. */
import { connect, serve } from "overwall";
import { tcp } from "overwall/tcp";
import { toWebStreams } from "overwall/web";

await using server = await serve(tcp({ port: 0 }), async (peer) => {
  for await (const chunk of peer) await peer.send(chunk);
});

const { port } = server.getHost() as { port: number };
const { readable, writable } = toWebStreams(await connect(tcp({ port })));
const text = new Blob(["over the wall, ".repeat(3000)]).stream();
const sending = text.pipeThrough(new CompressionStream("gzip")).pipeTo(writable);
const back = readable.pipeThrough(new DecompressionStream("gzip"));
console.log((await new Response(back).text()).length, "characters came back");
await sending;
