/** Node's own HTTP server and client, neither of which knows that there is no network. */
import { createServer, request } from "node:http";
import { pipeline } from "node:stream/promises";
import { Connection, connect } from "overwall";
import { memoryNetwork } from "overwall/memory";
import { fromNodeDuplex, toNetSocket, toNodeDuplex } from "overwall/node";

const here = memoryNetwork().endpoint("here");
const server = createServer((asked, answer) => answer.end(`you asked for ${asked.url}`));
const served = (peer: Connection): void => {
  server.emit("connection", toNetSocket(peer, { allowHalfOpen: true }));
};
await using port = await here.listen(() => {
  const peer = new Connection();
  void Promise.resolve().then(() => served(peer));
  return peer;
});
console.log("listening at", port.getHost());

const socket = toNetSocket(await connect(here));
const asking = request({ path: "/wall", createConnection: () => socket }).end();
asking.on("response", (answer) => answer.pipe(process.stdout, { end: false }));
await new Promise((resolve) => socket.once("close", resolve));

// And back: a stream of anybody's is a connection, with a reason at its end.
const { duplexPair } = await import("node:stream");
const [ours, theirs] = duplexPair();
const peer = await connect(fromNodeDuplex(ours));
const echo = pipeline(theirs, theirs);
const stream = toNodeDuplex(peer);
stream.end("\nthere and back\n");
for await (const chunk of stream) process.stdout.write(chunk);
await echo;
