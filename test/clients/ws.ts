import assert from "node:assert/strict";
import { once } from "node:events";
import type { Server as HttpServer } from "node:http";
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ClientOptions } from "ws";
import { createWebSocketStream, WebSocket, WebSocketServer } from "ws";
import type { Scratch } from "../interop/scratch.ts";
import { assertDone, assertTellsCut, told, untilStill } from "./endings.ts";
import type { GivenServer } from "./given-sockets.ts";
import { giveSockets } from "./given-sockets.ts";
import { versionOf } from "./package-version.ts";
import type { Library, Setting, Trial } from "./trial.ts";
import { MIB, md5, noise } from "./trial.ts";
import type { Dialled } from "./ways.ts";

/** The library's server beneath an HTTP server that is given its sockets; it echoes. */
interface Sockets extends GivenServer<HttpServer> {
  readonly wss: WebSocketServer;
}

async function start(scratch: Scratch): Promise<Sockets> {
  const http = createServer();
  const wss = new WebSocketServer({
    noServer: true,
    perMessageDeflate: true,
    maxPayload: 64 * MIB,
  });
  http.on("upgrade", (asked, socket, head) => {
    wss.handleUpgrade(asked, socket, head, (peer) => {
      peer.on("error", () => undefined);
      if (asked.url === "/echo")
        peer.on("message", (data, isBinary) => peer.send(data, { binary: isBinary }));
      wss.emit("connection", peer, asked);
    });
  });
  const given = await giveSockets(http, scratch);
  return {
    ...given,
    wss,
    [Symbol.asyncDispose]: async () => {
      for (const peer of wss.clients) peer.terminate();
      await given[Symbol.asyncDispose]();
    },
  };
}

interface Opened extends Dialled {
  readonly ours: WebSocket;
  readonly theirs: WebSocket;
}

async function opened(
  { road, server }: Setting<Sockets>,
  path: string,
  options: ClientOptions = {},
): Promise<Opened> {
  const dialled = await road.dial();
  const accepted = once(server.wss, "connection");
  const ours = new WebSocket(`ws://localhost${path}`, {
    ...options,
    maxPayload: 64 * MIB,
    createConnection: () => dialled.socket as never,
  });
  const [[theirs]] = await Promise.all([accepted, once(ours, "open")]);
  return { ours, theirs: theirs as WebSocket, ...dialled };
}

/** Closes in the protocol's own way, and expects either side to have seen it. */
async function assertCloses({ ours, theirs, ...dialled }: Opened): Promise<void> {
  const both = Promise.all([once(ours, "close"), once(theirs, "close")]);
  ours.close(1000, "enough");
  const [[atUs], [atThem, reason]] = await both;
  assert.deepEqual([atUs, atThem, String(reason)], [1000, 1000, "enough"]);
  await assertDone(dialled);
}

const carriesMuch: Trial<Sockets> = {
  name: "sends a large message and a thousand small ones, and has them back in order",
  async run(setting) {
    for (const perMessageDeflate of [false, true]) {
      const one = await opened(setting, "/echo", { perMessageDeflate });
      const data = noise(perMessageDeflate ? MIB : setting.muchBytes);
      const heard: string[] = [];
      const done = new Promise<void>((resolve) => {
        one.ours.on("message", (message: Buffer, isBinary) => {
          heard.push(isBinary ? md5(message) : String(message));
          if (heard.length === 1001) resolve();
        });
      });
      one.ours.send(data);
      for (let n = 0; n < 1000; n++) one.ours.send(`message ${n}`);
      await done;
      assert.deepEqual(heard, [
        md5(data),
        ...Array.from({ length: 1000 }, (_, n) => `message ${n}`),
      ]);
      await assertCloses(one);
    }
  },
};

const answersPings: Trial<Sockets> = {
  name: "answers pings at both ends",
  async run(setting) {
    const one = await opened(setting, "/quiet");
    const pongs = Promise.all([once(one.ours, "pong"), once(one.theirs, "pong")]);
    one.ours.ping("a");
    one.theirs.ping("b");
    assert.deepEqual((await pongs).map(String), ["a", "b"]);
    await assertCloses(one);
  },
};

const holdsTheServer: Trial<Sockets> = {
  name: "holds a server whose messages nobody takes",
  async run(setting) {
    const one = await opened(setting, "/quiet");
    const transport = setting.server.accepted.at(-1)?.transport;
    assert.ok(transport !== undefined);
    const stream = createWebSocketStream(one.ours);
    const block = Buffer.alloc(MIB / 4, "x");
    const blocks = Readable.from(Array.from({ length: 256 }, () => block));
    const outgoing = createWebSocketStream(one.theirs);
    const sending = pipeline(blocks, outgoing, { end: false });
    await untilStill(() => transport.ledger.accepted);
    const heldBytes = one.near.transport.ledger.received;
    assert.ok(heldBytes < 16 * MIB, `${heldBytes} bytes of 64 MiB came in`);
    assert.ok(transport.ledger.accepted < 48 * MIB, "the server was not held");
    let byteCount = 0;
    stream.on("data", (chunk: Buffer) => {
      byteCount += chunk.length;
    });
    await sending;
    const gone = Promise.all([once(one.ours, "close"), once(one.theirs, "close")]);
    one.theirs.close(1000);
    await gone;
    assert.equal(byteCount, 64 * MIB);
    await assertDone(one);
  },
};

const tellsCut: Trial<Sockets> = {
  name: "closes with 1006 when its connection is cut, and the socket tells how it was",
  on: ({ cutCode }) => cutCode !== null,
  async run(setting) {
    const { ours, near, socket } = await opened(setting, "/quiet");
    const failed = told(socket, "error");
    const gone = told(ours, "close");
    await setting.road.cut?.();
    assert.equal((await gone)[0], 1006);
    await assertTellsCut((await failed)[0], near, setting.way);
  },
};

const terminates: Trial<Sockets> = {
  name: "is terminated at either end, and the other end closes with 1006",
  async run(setting) {
    for (const side of ["ours", "theirs"] as const) {
      const one = await opened(setting, "/quiet");
      const { ours, theirs } = one;
      for (const each of [ours, theirs]) each.on("error", () => undefined);
      const gone = Promise.all([told(ours, "close"), told(theirs, "close")]);
      one[side].terminate();
      const codes = (await gone).map(([code]) => code);
      assert.deepEqual(codes, [1006, 1006]);
      await one.near.closed;
    }
  },
};

/** @see https://github.com/websockets/ws */
export const library: Library<Sockets> = {
  name: "ws",
  version: versionOf("ws"),
  missing: [],
  serverVersion: () => `ws ${versionOf("ws")}`,
  start,
  trials: [carriesMuch, answersPings, holdsTheServer, tellsCut, terminates],
};
