/**
 * A library that only knows sockets, on a wire it has never heard of: `ws`, client and server, over
 * TLS over a UNIX socket. Clients of databases take the same socket:
 *
 *     new pg.Client({ stream: () => toNetSocket(connect(wire)) })
 *     mysql.createPool({ stream: () => toNetSocket(connect(wire)) })
 *     new Redis({ Connector: class extends AbstractConnector {
 *       async connect() { return (this.stream = toNetSocket(await connect(wire))); } } })
 */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Connection, connect } from "overwall";
import { toNetSocket } from "overwall/node";
import { selfSigned, tls } from "overwall/tls";
import { unix } from "overwall/unix";
import { WebSocket, WebSocketServer } from "ws";

const folder = mkdtempSync(join(tmpdir(), "overwall-"));
const own = await selfSigned({ names: ["localhost"] });
const socketFile = unix({ path: join(folder, "chat.sock") });

// A server of Node's that listens nowhere: it is given its sockets.
const http = createServer();
const chat = new WebSocketServer({ server: http });
chat.on("connection", (peer) => {
  peer.on("message", (said, isBinary) => peer.send(said, { binary: isBinary }));
});
const port = await tls(socketFile, own).listen(() => {
  const peer = new Connection();
  queueMicrotask(() => http.emit("connection", toNetSocket(peer, { allowHalfOpen: true })));
  return peer;
});

const wire = tls(socketFile, { ca: own.cert, servername: "localhost" });
const peer = connect(wire);
const socket = new WebSocket("ws://localhost/chat", { createConnection: () => toNetSocket(peer) });
await once(socket, "open");
socket.send("over the wall");
const [answer] = await once(socket, "message");
console.log(String(answer));
socket.close(1000, "enough");
const [code] = await once(socket, "close");
console.log(code, (await (await peer).closed).kind);

await port.stopListening();
rmSync(folder, { recursive: true });
