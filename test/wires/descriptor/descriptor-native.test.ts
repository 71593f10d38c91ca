import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { closeSync, constants, fstatSync, readFileSync, writeSync } from "node:fs";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { TcpAddress, TcpTransport, Transport } from "../../../src/contract/index.ts";
import { isHalfCloseable } from "../../../src/contract/index.ts";
import { reactor } from "../../../src/wires/_drivers/native/reactor.ts";
import { descriptor } from "../../../src/wires/descriptor/index.ts";
import { tcp } from "../../../src/wires/tcp/index.ts";
import { closeQuietly, makePipe } from "../fifo.ts";
import { HalfCloseAware, pairOver, RecordingProtocol } from "../recording-protocol.ts";
import { onlyNative } from "../unix/descriptor-rig.ts";
import { EchoOnTerminal } from "./echo-on-terminal.ts";

const program = fileURLToPath(new URL("descriptor-program.js", import.meta.url));

describe("descriptor on the native driver", onlyNative, () => {
  const driver = "native";

  it("notices that the reader has gone with nothing to write (CORE-158)", async () => {
    const [there, back] = [makePipe(), makePipe()];
    const ends = descriptor({ input: back.input, output: there.output, driver });
    const protocol = await ends.connect(new HalfCloseAware());
    closeSync(there.input);
    await protocol.writeEnded;
    writeSync(back.output, "still");
    await protocol.received(5);
    closeSync(back.output);
    assert.equal((await protocol.lost).kind, "done");
  });

  it("is over with its reader where it is only written", async () => {
    const pipe = makePipe();
    const protocol = await descriptor({ fd: pipe.output, driver }).connect(new RecordingProtocol());
    closeSync(pipe.input);
    const { kind, by } = await protocol.lost;
    assert.equal(`${kind} ${by}`, "done peer");
    assert.throws(() => fstatSync(pipe.output), { code: "EBADF" });
  });

  it("makes no pipe without a name non-blocking for others, even one of ours", async () => {
    const { addon } = reactor();
    const [ours, theirs] = addon.makePipe(true) as [number, number];
    const held = addon.duplicate(theirs);
    const protocol = await descriptor({ fd: theirs, driver }).connect(new RecordingProtocol());
    protocol.transport.write(Buffer.from("hello"));
    await protocol.transport.flushed();
    assert.equal(isNonBlocking(theirs), true);
    assert.equal(isNonBlocking(held), false);
    protocol.transport.loseConnection();
    await protocol.lost;
    closeQuietly(ours, held);
  });

  for (const [way, shared] of [
    ["native", false],
    ["native", true],
    ["portable", false],
  ] as const) {
    const whose = shared ? "that is shared" : "of ours";
    it(`keeps the terminal of a master ${whose}, both ways (${way})`, async () => {
      using echo = new EchoOnTerminal();
      const { index } = echo;
      const ends = descriptor({ fd: echo.master, shared, driver: way });
      const protocol = await ends.connect(new RecordingProtocol());
      assert.equal(echo.index, index);
      protocol.transport.write(Buffer.from("hello"));
      await protocol.received(5);
      assert.equal(protocol.bytes.toString(), "hello");
      protocol.transport.loseConnection();
      await protocol.lost;
      if (shared) assert.equal(echo.index, index);
      if (shared) closeSync(echo.master);
      assert.equal(await echo.signal, "SIGHUP");
    });
  }

  it("ends a shared socket for itself alone: others go on, both ways", async () => {
    await using rig = await sharedSocket();
    const { fd, far } = rig;
    const protocol = await descriptor({ fd, shared: true, driver }).connect(new HalfCloseAware());
    protocol.transport.write(Buffer.from("ours, "));
    loseWriteConnection(protocol.transport);
    await protocol.writeEnded;
    far.transport.write(Buffer.from("heard"));
    await protocol.received(5);
    protocol.transport.loseConnection();
    assert.equal((await protocol.lost).kind, "done");
    writeSync(fd, "theirs");
    await far.received(12);
    assert.equal(far.bytes.toString(), "ours, theirs");
    assert.ok(!far.calls.includes("readLost"));
  });

  it("takes nothing from a shared socket after a close, and does not wait for its end", async () => {
    await using rig = await sharedSocket();
    const { fd, far } = rig;
    const protocol = await descriptor({ fd, shared: true, driver }).connect(
      new RecordingProtocol(),
    );
    protocol.transport.loseConnection();
    assert.equal((await protocol.lost).kind, "done");
    far.transport.write(Buffer.from("theirs"));
    await far.transport.flushed();
    const next = await descriptor({ fd, shared: true, driver }).connect(new RecordingProtocol());
    await next.received(6);
    assert.equal(next.bytes.toString(), "theirs");
    next.transport.loseConnection();
    await next.lost;
  });

  it("aborts a shared socket without a reset, when the others close it", async () => {
    await using rig = await sharedSocket();
    const { fd, far } = rig;
    const protocol = await descriptor({ fd, shared: true, driver }).connect(
      new RecordingProtocol(),
    );
    (protocol.transport as unknown as { abortConnection(): void }).abortConnection();
    await protocol.lost;
    writeSync(fd, "theirs");
    reactor().addon.closeDescriptor(fd);
    await far.readEnded;
    assert.equal(far.bytes.toString(), "theirs");
  });

  it("leaves a shared socket open, and waiting for others", async () => {
    const child = spawn(process.execPath, [program, "shared", "3"], {
      stdio: ["ignore", "ignore", "pipe", "pipe"],
    });
    const socket = child.stdio[3] as Socket;
    const [back, told] = [text(socket), text(child.stderr as Readable)];
    socket.write("hello");
    assert.equal(await told, "hello, waits\n");
    assert.equal(await back, "after");
  });
});

/** One end of a TCP connection as a bare number, and who has the other. */
async function sharedSocket(): Promise<
  AsyncDisposable & { readonly fd: number; readonly far: HalfCloseAware<TcpTransport> }
> {
  const { client, port, server } = await pairOver(
    tcp({ port: 0, driver: "native" }),
    (port) => tcp({ port: (port.getHost() as TcpAddress).port, driver: "native" }),
    () => new HalfCloseAware<TcpTransport>(),
  );
  const { fd } = await client.transport.detach();
  return {
    fd,
    far: server,
    [Symbol.asyncDispose]: async () => {
      reactor().addon.closeDescriptor(fd);
      server.transport.abortConnection();
      await server.lost;
      await port.stopListening();
    },
  };
}

function loseWriteConnection(transport: Transport): void {
  if (isHalfCloseable(transport)) transport.loseWriteConnection();
}

function isNonBlocking(fd: number): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1];
  return (Number.parseInt(flags ?? assert.fail("no flags"), 8) & constants.O_NONBLOCK) !== 0;
}
