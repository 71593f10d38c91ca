import assert from "node:assert/strict";
import { once } from "node:events";
import type { ClientHttp2Session, Http2Server, ServerHttp2Session } from "node:http2";
import { connect, createSecureServer, createServer } from "node:http2";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { connect as connectTls } from "node:tls";
import { Scratch } from "../interop/scratch.ts";
import { assertDoneOverTls, assertTellsCut, told } from "./endings.ts";
import type { GivenServer, TakesSockets } from "./given-sockets.ts";
import { giveSockets } from "./given-sockets.ts";
import { certified } from "./server.ts";
import type { Library, Trial } from "./trial.ts";
import { MIB, md5, noise } from "./trial.ts";

type Http2 = GivenServer<TakesSockets>;

/** A server that gives back what it is given, but for `/never`, to which it says nothing. */
function echoing<S extends Http2Server>(server: S): S & TakesSockets {
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session: ServerHttp2Session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => undefined);
    if (headers[":path"] === "/never") return;
    stream.respond({ ":status": 200 });
    void pipeline(stream, stream).catch(() => undefined);
  });
  const closeAllConnections = (): void => {
    for (const session of sessions) session.destroy();
  };
  return Object.assign(server, { closeAllConnections });
}

/** For all the streams at once. */
const ROOM = { maxSessionMemory: 128 } as const;

async function ask(session: ClientHttp2Session, data: Uint8Array): Promise<Buffer> {
  const asking = session.request({ ":method": "POST", ":path": "/echo" });
  asking.end(data);
  const chunks: Buffer[] = [];
  for await (const chunk of asking as Readable) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function closed(session: ClientHttp2Session): Promise<void> {
  const gone = once(session, "close");
  session.close();
  await gone;
}

const carriesMuch: Trial<Http2> = {
  name: "sends much on one of fifty streams at once, and reads all of them back, whole",
  async run({ muchBytes, road }) {
    const { socket, near } = await road.dial();
    const session = connect("http://here", { createConnection: () => socket, ...ROOM });
    const sizes = [muchBytes, ...Array.from({ length: 49 }, (_, n) => n * 1000)];
    const answers = sizes.map(async (size) => {
      const data = noise(size);
      assert.equal(md5(await ask(session, data)), md5(data), `the answer of ${size} bytes`);
    });
    await Promise.all(answers);
    await closed(session);
    const { kind, ledger } = await near.closed;
    assert.deepEqual([kind, ledger.unsent], ["done", 0]);
  },
};

const tellsCut: Trial<Http2> = {
  name: "fails the stream whose connection is cut, and says how it was",
  on: ({ cutCode }) => cutCode !== null,
  async run({ road, way, server }) {
    const { socket, near } = await road.dial();
    const session = connect("http://here", { createConnection: () => socket });
    const failed = told(session, "error");
    const asking = session.request({ ":path": "/never" });
    const gone = told(asking, "close");
    asking.on("error", () => undefined);
    await once(server.given as unknown as Http2Server, "stream");
    await road.cut?.();
    await gone;
    await assertTellsCut((await failed)[0], near, way);
  },
};

const speaksTls: Trial<Http2> = {
  name: "speaks TLS through the sockets, at both ends, agreed upon by ALPN",
  async run({ way }) {
    const { cert, key } = await certified;
    using scratch = new Scratch();
    const secure = echoing(createSecureServer({ cert, key }));
    await using server = await giveSockets(secure, scratch);
    await using road = await way.open(server, scratch);
    const { socket: beneath, near } = await road.dial();
    const socket = connectTls({
      socket: beneath,
      ca: cert,
      servername: "localhost",
      ALPNProtocols: ["h2"],
    });
    const session = connect("https://localhost", { createConnection: () => socket });
    const data = noise(5 * MIB);
    assert.equal(md5(await ask(session, data)), md5(data));
    assert.equal(session.alpnProtocol, "h2");
    await closed(session);
    await assertDoneOverTls({ near });
  },
};

/** @see https://nodejs.org/api/http2.html */
export const library: Library<Http2> = {
  name: "node:http2",
  version: process.version,
  missing: [],
  serverVersion: () => `node ${process.version}`,
  start: (scratch) => giveSockets(echoing(createServer(ROOM)), scratch),
  trials: [carriesMuch, tellsCut, speaksTls],
};
