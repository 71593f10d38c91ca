import assert from "node:assert/strict";
import { once } from "node:events";
import type {
  Server as HttpServer,
  IncomingMessage,
  RequestOptions,
  ServerResponse,
} from "node:http";
import { Agent, createServer, request } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Duplex, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { connect as connectTls } from "node:tls";
import type { Connection } from "../../src/bridges/index.ts";
import { connect } from "../../src/bridges/index.ts";
import { toNetSocket } from "../../src/bridges/node-streams.ts";
import { Scratch } from "../interop/scratch.ts";
import { assertDone, assertDoneOverTls, assertTellsCut, told, untilStill } from "./endings.ts";
import type { GivenServer } from "./given-sockets.ts";
import { giveSockets } from "./given-sockets.ts";
import { certified } from "./server.ts";
import type { Library, Trial } from "./trial.ts";
import { MIB, md5, noise } from "./trial.ts";
import type { Road } from "./ways.ts";

type Http = GivenServer<HttpServer>;

async function all(source: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** `/echo` gives back what it is given, `/much` 100 MB, `/never` nothing, `/bye` hangs up. */
function answer(asked: IncomingMessage, response: ServerResponse): void {
  if (asked.url === "/never") return;
  if (asked.url === "/much") {
    void pipeline(much(), response).catch(() => undefined);
  } else if (asked.url === "/bye") {
    response.writeHead(200, { "content-length": 3 }).end("bye");
    asked.socket.destroy();
  } else {
    void pipeline(asked, response).catch(() => undefined);
  }
}

function* much(): Generator<Buffer> {
  const block = Buffer.alloc(MIB / 4, "x");
  for (let n = 0; n < 400; n++) yield block;
}

/** An agent whose sockets go a way of ours, and are there before their connection is. */
class WayAgent extends Agent {
  readonly dialled: Promise<Connection>[] = [];
  readonly #road: Road;

  constructor(road: Road, maxSockets = Infinity) {
    super({ keepAlive: true, maxSockets });
    this.#road = road;
  }

  override createConnection(): Duplex {
    const near = connect(this.#road.endpoint);
    this.dialled.push(near);
    return toNetSocket(near);
  }

  /** Lets go of all, which must have been in order. */
  async end(): Promise<void> {
    this.destroy();
    for (const near of this.dialled) assert.equal((await (await near).closed).kind, "done");
  }
}

async function ask(options: RequestOptions, body?: Uint8Array): Promise<IncomingMessage> {
  const asking = request({ method: body === undefined ? "GET" : "POST", ...options });
  const answered = once(asking, "response");
  asking.end(body);
  const [response] = (await answered) as [IncomingMessage];
  return response;
}

const reuses: Trial<Http> = {
  name: "asks fifty times on one connection of a keep-alive agent, then on four at once",
  async run({ road }) {
    const agent = new WayAgent(road, 4);
    for (let n = 0; n < 50; n++) {
      const response = await ask({ agent, path: "/echo" }, Buffer.from(`${n}`));
      assert.equal(String(await all(response)), `${n}`);
    }
    assert.equal(agent.dialled.length, 1);
    const answers = Array.from({ length: 40 }, async (_, n) =>
      String(await all(await ask({ agent, path: "/echo" }, Buffer.from(`${n}`)))),
    );
    assert.deepEqual(
      await Promise.all(answers),
      Array.from({ length: 40 }, (_, n) => `${n}`),
    );
    assert.equal(agent.dialled.length, 4);
    await agent.end();
  },
};

const carriesMuch: Trial<Http> = {
  name: "sends much and reads it back, whole",
  async run({ muchBytes, road }) {
    const dialled = await road.dial();
    const data = noise(muchBytes);
    const asking = { path: "/echo", createConnection: () => dialled.socket };
    const back = await all(await ask(asking, data));
    assert.equal(md5(back), md5(data));
    await assertDone(dialled);
  },
};

const holdsTheServer: Trial<Http> = {
  name: "holds a server whose answer nobody reads",
  async run({ road, server }) {
    const { socket, near } = await road.dial();
    const response = await ask({ path: "/much", createConnection: () => socket });
    const accepted = server.accepted.at(-1);
    assert.ok(accepted !== undefined);
    const { transport } = accepted;
    await untilStill(() => transport.ledger.accepted);
    const sentBytes = transport.ledger.accepted;
    assert.ok(sentBytes < 32 * MIB, `${sentBytes} of 100 MiB were sent`);
    let byteCount = 0;
    for await (const chunk of response) byteCount += (chunk as Buffer).length;
    assert.equal(byteCount, 100 * MIB);
    assert.equal((await near.closed).kind, "done");
  },
};

const tellsCut: Trial<Http> = {
  name: "fails the request whose connection is cut, and says how it was",
  on: ({ cutCode }) => cutCode !== null,
  async run({ road, way, server }) {
    const { socket, near } = await road.dial();
    const asking = request({ path: "/never", createConnection: () => socket }).end();
    const failed = told(asking, "error");
    await once(server.given, "request");
    await road.cut?.();
    await assertTellsCut((await failed)[0], near, way);
  },
};

const givesUp: Trial<Http> = {
  name: "lets go of a request that is aborted, and the server hears of it",
  async run({ road, server }) {
    const { socket, near } = await road.dial();
    const stop = new AbortController();
    const options = { path: "/never", createConnection: () => socket, signal: stop.signal };
    const asking = request(options).end();
    const failed = told(asking, "error");
    const [asked] = (await once(server.given, "request")) as [IncomingMessage];
    const heard = told(asked.socket, "close");
    stop.abort();
    assert.equal(((await failed) as [Error])[0].name, "AbortError");
    await heard;
    await near.closed;
  },
};

const idles: Trial<Http> = {
  name: "dials again when the server has let an idle connection go",
  async run({ road, server }) {
    const agent = new WayAgent(road);
    await all(await ask({ agent, path: "/echo" }, Buffer.from("1")));
    await server.accepted.at(-1)?.close();
    await (await agent.dialled[0])?.closed;
    assert.equal(String(await all(await ask({ agent, path: "/echo" }, Buffer.from("2")))), "2");
    assert.equal(agent.dialled.length, 2);
    await agent.end();
  },
};

const timesOut: Trial<Http> = {
  name: "is let go by a server whose timeout for idle connections has passed",
  on: ({ name }) => name === "unix",
  async run({ road, server }) {
    const { given } = server;
    const before = given.keepAliveTimeout;
    given.keepAliveTimeout = 1;
    const { socket, near } = await road.dial();
    socket.resume().write("GET /echo HTTP/1.1\r\nhost: here\r\n\r\n");
    const { kind, by } = await near.closed;
    given.keepAliveTimeout = before;
    assert.deepEqual([kind, by], ["done", "peer"]);
  },
};

const hearsLastWords: Trial<Http> = {
  name: "hears what a server says that hangs up in the same breath",
  async run({ road }) {
    const told = await road.dial();
    const response = await ask({ path: "/bye", createConnection: () => told.socket });
    assert.equal(String(await all(response)), "bye");
    const { socket, near } = await road.dial();
    socket.write("this is no request\r\n\r\n");
    let heard = "";
    socket.on("data", (chunk: Buffer) => {
      heard += String(chunk);
    });
    socket.on("error", () => undefined);
    await near.closed;
    assert.match(heard, /^HTTP\/1\.1 400 Bad Request/);
  },
};

const speaksTls: Trial<Http> = {
  name: "speaks TLS through the sockets, at both ends, and asks twice on one connection",
  async run({ way }) {
    const { cert, key } = await certified;
    const secure = createHttpsServer({ cert, key }, answer);
    using scratch = new Scratch();
    await using server = await giveSockets(secure, scratch);
    await using road = await way.open(server, scratch);
    const near = await connect(road.endpoint);
    const socket = connectTls({ socket: toNetSocket(near), ca: cert, servername: "localhost" });
    const agent = Object.assign(new Agent({ keepAlive: true }), { createConnection: () => socket });
    for (const size of [5, 5 * MIB]) {
      const data = noise(size);
      assert.equal(md5(await all(await ask({ agent, path: "/echo" }, data))), md5(data));
    }
    agent.destroy();
    await assertDoneOverTls({ near });
  },
};

/** @see https://nodejs.org/api/http.html */
export const library: Library<Http> = {
  name: "node:http",
  version: process.version,
  missing: [],
  serverVersion: () => `node ${process.version}`,
  start: (scratch) => giveSockets(createServer(answer), scratch),
  trials: [
    reuses,
    carriesMuch,
    holdsTheServer,
    tellsCut,
    givesUp,
    idles,
    timesOut,
    hearsLastWords,
    speaksTls,
  ],
};
