import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer, request as httpRequest } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import type { Duplex, Readable } from "node:stream";
import { describe, test } from "node:test";
import { Connection } from "../../src/bridges/index.ts";
import type { TransportSocket } from "../../src/bridges/node-streams.ts";
import { toNetSocket } from "../../src/bridges/node-streams.ts";
import type { CloseCause, ListeningPort } from "../../src/contract/index.ts";
import { WireError } from "../../src/contract/index.ts";
import { systemRuntime } from "../../src/flow/index.ts";
import type { Place } from "./bridged.ts";
import { countAll, inMemory, over, places, turns } from "./bridged.ts";
import { scripted } from "./scripted-wire.ts";

interface Emitting {
  emit(event: "connection", socket: Duplex): boolean;
}

/** Gives every connection of `place` to a server of Node's. */
function servedBy(server: Emitting, place: Place): Promise<ListeningPort> {
  return place.server.listen(() => {
    const peer = new Connection();
    const made = peer.connectionMade.bind(peer);
    peer.connectionMade = (transport) => {
      made(transport);
      server.emit("connection", toNetSocket(peer, { allowHalfOpen: true }));
    };
    return peer;
  });
}

async function dial(place: Place, port: ListeningPort): Promise<TransportSocket> {
  return toNetSocket(await place.leadingTo(port).connect(new Connection()));
}

async function text(source: Readable): Promise<string> {
  let all = "";
  for await (const chunk of source) all += String(chunk);
  return all;
}

for (const { name, make } of places) {
  describe(`Node's own engines on toNetSocket over ${name}`, () => {
    test("node:http asks and answers, twice on one connection", async () => {
      await using place = make();
      const server = createHttpServer((asked, answer) => {
        void text(asked).then((body) => answer.end(`${asked.method} ${asked.url} ${body.length}`));
      });
      const port = await servedBy(server, place);
      const socket = await dial(place, port);
      for (const size of [3, 300_000]) {
        const asking = httpRequest({
          method: "POST",
          path: "/ask",
          headers: { connection: "keep-alive" },
          createConnection: () => socket,
        });
        asking.end("x".repeat(size));
        const [answer] = await once(asking, "response");
        assert.equal(await text(answer), `POST /ask ${size}`);
        if (size === 3) socket.removeAllListeners("free");
      }
      socket.destroy();
      await once(socket, "close");
      server.closeAllConnections();
      await port.stopListening();
    });

    test("node:http2 asks and answers, several at once", async () => {
      await using place = make();
      const server = createHttp2Server();
      server.on("stream", (stream, headers) => {
        stream.respond({ ":status": 200 });
        void text(stream).then((body) => stream.end(`${headers[":path"]} ${body.length}`));
      });
      const port = await servedBy(server, place);
      const socket = await dial(place, port);
      const session = connectHttp2("http://here", { createConnection: () => socket });
      const answers = [1, 50_000, 200_000].map(async (size) => {
        const asking = session.request({ ":method": "POST", ":path": `/${size}` });
        asking.end("x".repeat(size));
        return text(asking);
      });
      assert.deepEqual(await Promise.all(answers), ["/1 1", "/50000 50000", "/200000 200000"]);
      session.close();
      await once(session, "close");
      await port.stopListening();
    });

    test("tells its ends, its bytes and its state as a net.Socket does", async () => {
      await using place = make();
      const { near, far } = await over(place);
      const socket = toNetSocket(near);
      assert.deepEqual(
        [socket.connecting, socket.pending, socket.readyState],
        [true, true, "opening"],
      );
      const [host, peer] = [near.host, near.peer];
      const isTcp = peer.kind === "tcp" && host.kind === "tcp";
      assert.equal(socket.remoteAddress, isTcp ? peer.host : undefined);
      assert.equal(socket.remotePort, isTcp ? peer.port : undefined);
      assert.equal(socket.remoteFamily, isTcp ? "IPv4" : undefined);
      assert.deepEqual(
        socket.address(),
        isTcp ? { address: host.host, port: host.port, family: "IPv4" } : {},
      );
      await once(socket, "ready");
      assert.deepEqual([socket.connecting, socket.readyState], [false, "open"]);
      await new Promise((resolve) => socket.write("12345", resolve));
      void far.send("123");
      await once(socket, "data");
      assert.deepEqual([socket.bytesWritten, socket.bytesRead], [5, 3]);
      socket.end();
      await once(socket, "finish");
      assert.equal(socket.readyState, "readOnly");
      void far.close();
      assert.deepEqual(await once(socket, "close"), [false]);
      assert.deepEqual([socket.readyState, socket.destroyed], ["closed", true]);
    });
  });
}

describe("a socket of toNetSocket", () => {
  test("tells connect to those who call connect after it was made", async () => {
    const { near } = inMemory();
    const socket = toNetSocket(near);
    await once(socket, "connect");
    let called = 0;
    socket.connect(5432, "db.example", () => {
      called += 1;
    });
    await Promise.all([once(socket, "connect"), once(socket, "ready")]);
    assert.equal(called, 1);
    socket.resetAndDestroy();
  });

  test("passes no delay and keep-alive on, where the wire has them", async () => {
    const [, tcpPlace] = places;
    const place = tcpPlace?.make();
    assert.ok(place);
    const { near, far } = await over(place);
    const socket = toNetSocket(near).setNoDelay(false).setKeepAlive(true, 1000);
    await once(socket, "connect");
    assert.equal(Reflect.get(near.transport, "getTcpNoDelay").call(near.transport), false);
    assert.equal(Reflect.get(near.transport, "getTcpKeepAlive").call(near.transport), true);
    assert.equal(socket.ref().unref(), socket);
    socket.destroy();
    assert.equal((await far.close()).kind, "done");
  });

  test("tells a timeout after silence only, and leaves the connection alone", async () => {
    // Only an open socket of the system keeps this process until then.
    const [, tcpPlace] = places;
    const place = tcpPlace?.make();
    assert.ok(place);
    const { near, far } = await over(place);
    let told = 0;
    const socket = toNetSocket(near).setTimeout(30, () => {
      told += 1;
    });
    socket.resume();
    for (let count = 0; count < 5; count++) {
      await far.send("x");
      await turns(2);
    }
    assert.equal(told, 0);
    await once(socket, "timeout");
    assert.deepEqual([told, socket.destroyed, socket.timeout], [1, false, 30]);
    socket.setTimeout(0);
    assert.throws(() => socket.setTimeout(Number.NaN), RangeError);
    socket.resetAndDestroy();
    await far.closed;
  });

  test("ends by itself when the peer has ended, unless it may be half-open", async () => {
    const closing = inMemory();
    const socket = toNetSocket(closing.near);
    socket.resume();
    void closing.far.end();
    assert.deepEqual(await once(socket, "close"), [false]);
    assert.equal((await closing.far.closed).kind, "done");
    const staying = inMemory();
    const open = toNetSocket(staying.near, { allowHalfOpen: true });
    open.resume();
    void staying.far.end();
    await once(open, "end");
    await turns();
    open.end(new Uint8Array(1_000_000));
    assert.equal(await countAll(staying.far), 1_000_000);
  });

  test("destroyed with nothing unsent closes in order, otherwise it cuts", async () => {
    const quiet = inMemory();
    const socket = toNetSocket(quiet.near);
    await new Promise((resolve) => socket.write("all of it", resolve));
    socket.destroy();
    assert.equal(await countAll(quiet.far), 9);
    assert.equal((await quiet.far.close()).kind, "done");
    const busy = inMemory();
    busy.far.transport.pauseProducing();
    const cutOff = toNetSocket(busy.near);
    cutOff.write("not read");
    await turns();
    cutOff.destroy();
    assert.equal((await busy.far.closed).code, "ERR_WIRE_RESET");
    const reset = inMemory();
    toNetSocket(reset.near).resetAndDestroy();
    assert.equal((await reset.far.closed).code, "ERR_WIRE_RESET");
  });

  test("destroyed soon sends what waits", async () => {
    const { near, far } = inMemory();
    const socket = toNetSocket(near);
    socket.write(new Uint8Array(1_000_000));
    socket.destroySoon();
    assert.equal(await countAll(far), 1_000_000);
    await far.close();
  });

  test("speaks of errors as the system does", async () => {
    const system = Object.assign(new Error("no route"), { code: "EHOSTUNREACH" });
    const broken = new WireError("ERR_WIRE_BROKEN", "it broke", { cause: system });
    const causes: readonly (readonly [CloseCause, string])[] = [
      [{ kind: "lost", by: "peer", code: "ERR_WIRE_RESET" }, "ECONNRESET"],
      [{ kind: "lost", by: "wire", code: "ERR_WIRE_TRUNCATED" }, "ECONNRESET"],
      [{ kind: "lost", by: "wire", code: "ERR_WIRE_BROKEN" }, "ECONNRESET"],
      [{ kind: "lost", by: "wire", code: "ERR_WIRE_BROKEN", error: broken }, "EHOSTUNREACH"],
      [{ kind: "timeout", by: "us", code: "ERR_WIRE_IDLE" }, "ETIMEDOUT"],
      [{ kind: "failed", by: "peer", code: "ERR_WIRE_PEER_PROTOCOL" }, "EPROTO"],
      [{ kind: "aborted", by: "us" }, "ECONNABORTED"],
    ];
    for (const [cause, code] of causes) {
      const near = new Connection();
      const { wire } = scripted(near, [], systemRuntime());
      const socket = toNetSocket(near);
      await once(socket, "connect");
      const closed = new Promise((resolve) => socket.once("close", resolve));
      wire.facts.over(cause);
      const [error] = await once(socket, "error");
      assert.deepEqual([error.code, error.reason.kind], [code, cause.kind]);
      assert.equal(await closed, true);
    }
  });

  test("fails a write that the peer takes no more with EPIPE", async () => {
    const near = new Connection();
    const { wire } = scripted(near, [], systemRuntime());
    const socket = toNetSocket(near);
    await once(socket, "connect");
    wire.facts.sendingEnded();
    wire.facts.peerEnded();
    socket.write("too late");
    socket.resume();
    const failed = once(socket, "error");
    await turns();
    wire.facts.over();
    const [error] = await failed;
    assert.equal(error.code, "EPIPE");
  });
});
