import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { toNetSocket } from "../../src/bridges/node-streams.ts";
import { isHalfCloseable } from "../../src/contract/index.ts";
import { selfSigned } from "../../src/layers/tls/index.ts";
import { runToEnd } from "../interop/program.ts";
import { countAll, inMemory, over, places, turns } from "./bridged.ts";

const { cert, key } = await selfSigned({ names: ["localhost"] });

for (const { name, make } of places) {
  describe(`the end of a socket of toNetSocket, over ${name}`, () => {
    test("destroyed with its last words on their way still delivers them", async () => {
      await using place = make();
      const { near, far } = await over(place);
      const socket = toNetSocket(near);
      await once(socket, "connect");
      socket.write(new Uint8Array(100_000));
      socket.destroy();
      assert.equal(await countAll(far), 100_000);
      assert.equal((await far.close()).kind, "done");
    });

    test("destroyed with an error delivers them too, and is cut then", async () => {
      await using place = make();
      const { near, far } = await over(place);
      const socket = toNetSocket(near);
      await once(socket, "connect");
      socket.write("400 Bad Request");
      socket.destroy(new Error("it cannot be read"));
      await once(socket, "error");
      const heard = await far.read();
      assert.equal(Buffer.from(heard ?? []).toString(), "400 Bad Request");
      assert.equal((await near.closed).kind, "aborted");
      await far.close();
    });

    test("beneath Node's TLS engine is in order, whichever side ends first", async () => {
      await using place = make();
      for (const first of ["client", "server"] as const) {
        const { near, far } = await over(place);
        const server = createTlsServer({ cert, key });
        const accepted = once(server, "secureConnection");
        server.emit("connection", toNetSocket(far));
        const client = connectTls({ socket: toNetSocket(near), ca: cert, servername: "localhost" });
        const errors: Error[] = [];
        const [[served]] = await Promise.all([accepted, once(client, "secureConnect")]);
        const [ending, other] = first === "client" ? [client, served] : [served, client];
        for (const end of [client, served]) end.on("error", (error: Error) => errors.push(error));
        const closed = Promise.all([once(client, "close"), once(served, "close")]);
        other.resume();
        ending.resume().end("goodbye");
        await closed;
        const kinds = [(await near.closed).kind, (await far.closed).kind];
        assert.deepEqual([errors, kinds], [[], ["done", "done"]]);
      }
    });

    test("beneath Node's TLS engine is no error when the peer leaves out its end mark", async () => {
      await using place = make();
      const { near, far } = await over(place);
      const server = createTlsServer({ cert, key });
      const accepted = once(server, "secureConnection");
      server.emit("connection", toNetSocket(far));
      const client = connectTls({ socket: toNetSocket(near), ca: cert, servername: "localhost" });
      const [[served]] = await Promise.all([accepted, once(client, "secureConnect")]);
      served.on("error", () => undefined);
      const errors: Error[] = [];
      client.on("error", (error: Error) => errors.push(error));
      assert.ok(isHalfCloseable(far.transport));
      far.transport.loseWriteConnection();
      client.resume();
      await once(client, "close");
      assert.deepEqual([errors, (await near.closed).kind], [[], "done"]);
    });
  });
}

describe("a socket of toNetSocket that is destroyed", () => {
  test("is cut when its last words are not taken", async () => {
    const { near, far } = inMemory();
    far.transport.pauseProducing();
    const socket = toNetSocket(near);
    await once(socket, "connect");
    socket.write(new Uint8Array(8 * 1024 * 1024));
    await turns();
    socket.destroy();
    assert.equal(socket.destroyed, true);
    assert.equal((await far.closed).code, "ERR_WIRE_RESET");
    assert.equal((await near.closed).kind, "aborted");
  });

  test("is cut at once when more waits than its transport has taken", async () => {
    const { near, far } = inMemory();
    far.transport.pauseProducing();
    const socket = toNetSocket(near);
    await once(socket, "connect");
    socket.write("taken");
    await turns();
    socket.write("waits");
    socket.destroy();
    assert.equal((await near.closed).kind, "aborted");
  });
});

describe("a process with an open socket of toNetSocket", () => {
  const program = fileURLToPath(new URL("idle-client.js", import.meta.url));
  for (const wire of ["tcp", "unix", "tls+tcp", "tls+unix"]) {
    test(`ends when the socket is told not to keep it, over ${wire}`, async () => {
      const { status, stdout, stderr } = await runToEnd(process.execPath, [program, wire], {
        timeoutMs: 20_000,
      });
      assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "silence\n", stderr: "" });
    });
  }
});
