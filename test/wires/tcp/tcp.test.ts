import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import type { Server } from "node:net";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import type { Bytes, CloseReason, TcpTransport } from "../../../src/contract/index.ts";
import { tcp } from "../../../src/wires/tcp/index.ts";
import { patterned, RecordingProtocol } from "../recording-protocol.ts";
import { SleepingListener } from "../sleeping-listener.ts";
import { aware, failure, freePort, nodeClient, pair, plain, portOf } from "./tcp-rig.ts";

const SIZE = 8 * 1024 * 1024;

describe("tcp: bytes", () => {
  it("carries 8 MiB each way at once, every byte in its place", async () => {
    await using both = await pair(aware);
    const data = patterned(SIZE);
    for (const { transport } of [both.client, both.server]) {
      transport.write(data);
      transport.loseWriteConnection();
    }
    await Promise.all([both.client.lost, both.server.lost]);
    assert.ok(both.client.bytes.equals(data));
    assert.ok(both.server.bytes.equals(data));
  });

  it("keeps a delivered chunk as it was, and pins little memory with it (clause 11)", async () => {
    await using both = await pair(plain);
    for (let sent = 0; sent < 50; sent++) {
      both.client.transport.write(Uint8Array.of(sent));
      await both.server.received(sent + 1);
    }
    assert.deepEqual([...both.server.bytes], [...Array(50).keys()]);
    for (const chunk of both.server.chunks) assert.ok(chunk.buffer.byteLength <= 16 * 1024);
  });

  it("holds the writer back while the reader is paused, and loses nothing by it", async () => {
    await using both = await pair(plain);
    const { transport } = both.client;
    both.server.transport.pauseProducing();
    const paused = new Promise<void>((resolve) => {
      transport.registerProducer(
        {
          pauseProducing: resolve,
          resumeProducing: () => undefined,
          stopProducing: () => undefined,
        },
        true,
      );
    });
    transport.write(patterned(SIZE));
    await paused;
    assert.equal(both.server.byteCount, 0);
    transport.unregisterProducer();
    both.server.transport.resumeProducing();
    await both.server.received(SIZE);
    assert.ok(both.server.bytes.equals(patterned(SIZE)));
  });
});

describe("tcp: a protocol that pauses in connectionMade", () => {
  class PausesAtOnce extends RecordingProtocol<TcpTransport> {
    override connectionMade = (transport: TcpTransport): void => {
      transport.pauseProducing();
      this.calls.push("made");
      this.transport = transport;
      this.tellMade(transport);
    };
  }

  for (const side of ["client", "server"] as const) {
    it(`has nothing read for it as ${side}, and all of it once it resumes (CORE-223)`, async () => {
      await using both = await pair(() => new PausesAtOnce());
      const [reader, writer] =
        side === "client" ? [both.client, both.server] : [both.server, both.client];
      writer.transport.write(patterned(10_000));
      await writer.transport.flushed();
      for (let turns = 0; turns < 5; turns++) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.equal(reader.transport.ledger.received, 0);
      reader.transport.resumeProducing();
      await reader.received(10_000);
      assert.ok(reader.bytes.equals(patterned(10_000)));
    });
  }
});

describe("tcp: ends", () => {
  it("delivers all of 8 MiB to a peer that keeps talking while we close (design 2.3)", async () => {
    await using listener = await tcp({ port: 0 }).listen(() => sendsAndCloses(lost));
    function lost(reason: CloseReason): void {
      told = reason;
    }
    let told: CloseReason | undefined;
    const far = await nodeClient(portOf(listener));
    let byteCount = 0;
    far.on("data", (data: Buffer) => {
      byteCount += data.byteLength;
      far.write("x");
      far.pause();
      setImmediate(() => far.resume());
    });
    await once(far, "end");
    assert.equal(byteCount, SIZE);
    far.end();
    await once(far, "close");
    assert.equal(far.errored, null);
    while (told === undefined) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([told.kind, told.by], ["done", "us"]);
  });

  for (const first of ["client", "server"] as const) {
    it(`lets the ${first} end first, and takes the answer all the same (CORE-235)`, async () => {
      await using both = await pair(aware);
      const [early, late] =
        first === "client" ? [both.client, both.server] : [both.server, both.client];
      early.transport.write(Buffer.from("question"));
      early.transport.loseWriteConnection();
      await late.readEnded;
      assert.equal(late.bytes.toString(), "question");
      late.transport.write(Buffer.from("answer"));
      late.transport.loseConnection();
      assert.equal((await early.lost).kind, "done");
      assert.equal(early.bytes.toString(), "answer");
      assert.equal((await late.lost).kind, "done");
    });
  }

  it("shows the peer a reset when it aborts (CORE-231)", async () => {
    await using both = await pair(plain);
    both.client.transport.abortConnection();
    const seen = await both.server.lost;
    assert.deepEqual([seen.kind, seen.by, seen.code], ["lost", "peer", "ERR_WIRE_RESET"]);
    const own = await both.client.lost;
    assert.deepEqual([own.kind, own.by], ["aborted", "us"]);
  });

  it("aborts at once although the peer reads nothing (CORE-230)", async () => {
    await using both = await pair(plain);
    both.server.transport.pauseProducing();
    both.client.transport.write(new Uint8Array(4 * SIZE));
    both.client.transport.abortConnection();
    const { kind, ledger } = await both.client.lost;
    assert.equal(kind, "aborted");
    assert.equal(ledger.accepted, ledger.sent + ledger.unsent + ledger.dropped);
  });

  for (const [how, signal, expected] of [
    ["with all input read: a plain end", "done", undefined],
    ["with input unread: a reset", "lost", "ERR_WIRE_RESET"],
  ] as const) {
    it(`tells how a peer's process was killed ${how}`, async () => {
      const server = aware();
      await using port = await tcp({ port: 0 }).listen(() => server);
      const child = spawn(process.execPath, ["-e", PEER, String(portOf(port)), signal], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await server.made;
      server.transport.write(new Uint8Array(1000));
      await once(child.stdout, "data");
      await server.transport.flushed();
      child.kill("SIGKILL");
      await once(child, "exit");
      if (signal === "done") {
        await server.readEnded;
        server.transport.loseConnection();
      }
      const { kind, by, code } = await server.lost;
      assert.deepEqual([kind, by, code], [signal, "peer", expected]);
    });
  }

  it("keeps both addresses after the loss (CORE-239)", async () => {
    await using both = await pair(plain);
    const before = [both.client, both.server].map(({ transport }) => [
      transport.getHost(),
      transport.getPeer(),
    ]);
    both.client.transport.loseConnection();
    await Promise.all([both.client.lost, both.server.lost]);
    const after = [both.client, both.server].map(({ transport }) => [
      transport.getHost(),
      transport.getPeer(),
    ]);
    assert.deepEqual(after, before);
    assert.deepEqual(before[0]?.[0], before[1]?.[1]);
    assert.deepEqual(before[0]?.[1], both.port.getHost());
  });

  it("leaves no descriptor open", {
    skip: process.platform !== "linux" && "no /proc",
  }, async () => {
    const count = (): number => readdirSync("/proc/self/fd").length;
    await using silent = await SleepingListener.start();
    const { port } = silent.address as { readonly port: number };
    await one();
    const before = count();
    for (let round = 0; round < 5; round++) await one();
    assert.equal(count(), before);

    async function one(): Promise<void> {
      await using both = await pair(plain);
      both.client.transport.write(patterned(1000));
      await both.server.received(1000);
      await failure(tcp({ port: await freePort() }).connect(plain()));
      const cancel = new AbortController();
      const cancelled = failure(tcp({ port }).connect(plain(), { signal: cancel.signal }));
      process.nextTick(() => cancel.abort());
      await cancelled;
    }
  });
});

describe("tcp: switches and addresses", () => {
  it("remembers no-delay and keep-alive, and refuses what is no boolean (CORE-238)", async () => {
    await using both = await pair(plain);
    const { transport } = both.server;
    assert.deepEqual([transport.getTcpNoDelay(), transport.getTcpKeepAlive()], [true, false]);
    transport.setTcpNoDelay(false);
    transport.setTcpKeepAlive(true);
    assert.deepEqual([transport.getTcpNoDelay(), transport.getTcpKeepAlive()], [false, true]);
    assert.throws(() => transport.setTcpNoDelay(1 as unknown as boolean), TypeError);
    transport.abortConnection();
    await both.server.lost;
    transport.setTcpNoDelay(true);
    assert.equal(transport.getTcpNoDelay(), false);
  });

  it("shows an IPv4 peer of a dual-stack listener as IPv4", async (t) => {
    if (!(await hasIpv6())) return t.skip("no IPv6 loopback here");
    const server = plain();
    await using port = await tcp({ host: "::", port: 0 }).listen(() => server);
    const client = await tcp({ port: portOf(port) }).connect(plain());
    await server.made;
    const { host, family } = server.transport.getPeer();
    assert.deepEqual([host, family], ["127.0.0.1", 4]);
    client.transport.abortConnection();
    await Promise.all([client.lost, server.lost]);
  });

  for (const [what, options, kind] of [
    ["no port", {}, TypeError],
    ["a port as text", { port: "80" }, TypeError],
    ["a port beyond 65535", { port: 65_536 }, RangeError],
    ["an empty host", { host: "", port: 1 }, RangeError],
    ["a backlog of zero", { port: 1, backlog: 0 }, RangeError],
    ["probes in less than a second", { port: 1, keepAliveDelayMs: 999 }, RangeError],
    ["a negative delay", { port: 1, attemptDelayMs: -1 }, RangeError],
    ["a local name", { port: 1, localAddress: "localhost" }, RangeError],
    ["a switch as text", { port: 1, noDelay: "yes" }, TypeError],
  ] as const) {
    it(`refuses ${what} at the call`, () => {
      assert.throws(() => tcp(options as unknown as { port: number }), kind);
    });
  }
});

async function hasIpv6(): Promise<boolean> {
  const server: Server = createServer();
  const isBound = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen({ host: "::", port: 0 }, () => resolve(true));
  });
  server.close();
  return isBound;
}
/** Sends 8 MiB and closes. */
function sendsAndCloses(lost: (reason: CloseReason) => void): {
  connectionMade(transport: TcpTransport): void;
  dataReceived(data: Bytes): void;
  connectionLost(reason: CloseReason): void;
} {
  return {
    connectionMade: (transport) => {
      transport.write(patterned(SIZE));
      transport.loseConnection();
    },
    dataReceived: () => undefined,
    connectionLost: lost,
  };
}
/** Connects and says so: when it has read 1000 bytes (`done`), or reading nothing at all. */
const PEER = `
  const [port, wanted] = process.argv.slice(-2);
  const socket = require("node:net").connect({ host: "127.0.0.1", port: Number(port) });
  let count = 0;
  if (wanted === "done") {
    socket.on("data", (data) => {
      if ((count += data.length) === 1000) process.stdout.write("read");
    });
  } else {
    socket.pause();
    socket.once("connect", () => process.stdout.write("connected"));
  }
`;
