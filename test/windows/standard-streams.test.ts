import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { CloseReason, ProcessTransport, Protocol } from "../../src/contract/index.ts";
import { pattern } from "../../src/testing/pattern.ts";
import { descriptor } from "../../src/wires/descriptor/index.ts";
import { file } from "../../src/wires/file/index.ts";
import { childProcess } from "../../src/wires/process/index.ts";
import { stdio } from "../../src/wires/stdio/index.ts";
import { unix } from "../../src/wires/unix/index.ts";

const skip = process.platform !== "win32" && "needs Windows; under-wine.test.ts runs it";
const ECHO = skip ? "" : fileURLToPath(new URL("echo.js", import.meta.url));

class Gathered implements Protocol<ProcessTransport> {
  readonly chunks: Uint8Array[] = [];
  readonly over: Promise<CloseReason>;
  transport!: ProcessTransport;
  #settle!: (reason: CloseReason) => void;

  constructor() {
    this.over = new Promise((settle) => {
      this.#settle = settle;
    });
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  connectionMade(transport: ProcessTransport): void {
    this.transport = transport;
  }

  dataReceived(data: Uint8Array): void {
    this.chunks.push(data);
  }

  readConnectionLost(): void {
    this.transport.loseConnection();
  }

  connectionLost(reason: CloseReason): void {
    this.#settle(reason);
  }
}

describe("standard streams and processes on Windows", { skip }, () => {
  const folder = skip ? "" : mkdtempSync(join(tmpdir(), "overwall-"));
  const content = pattern(700_001);
  after(() => {
    if (folder !== "") rmSync(folder, { recursive: true, force: true });
  });

  test("[CORE-154] from a file to a file: all that is read is written before the exit", async () => {
    writeFileSync(join(folder, "in"), content);
    const [input, output] = [openSync(join(folder, "in"), "r"), openSync(join(folder, "out"), "w")];
    const child = spawn(process.execPath, [ECHO], { stdio: [input, output, "inherit"] });
    const status = await new Promise((resolve) => child.once("exit", resolve));
    for (const fd of [input, output]) closeSync(fd);
    assert.equal(status, 5);
    assert.ok(readFileSync(join(folder, "out")).equals(content));
  });

  test("[CORE-154] from pipe to pipe: all that is read is written before the exit", async () => {
    const child = childProcess({ command: process.execPath, args: [ECHO], env: "inherit" });
    const { protocol, transport } = await connected(child);
    transport.write(content);
    transport.loseWriteConnection();
    const reason = await protocol.over;
    assert.ok(protocol.bytes.equals(content));
    assert.deepEqual([reason.kind, reason.code, reason.exitCode], EXITED);
  });

  test("[CORE-353] what a process of Windows has not is refused by name", async () => {
    const unsupported = { code: "ERR_WIRE_UNSUPPORTED" };
    assert.throws(() => childProcess({ command: "x", fds: { 3: "r" } }), unsupported);
    assert.throws(() => childProcess({ command: "x", uid: 1 }), unsupported);
    const child = childProcess({ command: process.execPath, args: [ECHO], env: "inherit" });
    const { protocol, transport } = await connected(child);
    assert.throws(() => transport.signalProcess("SIGHUP"), unsupported);
    assert.equal(transport.signalProcess("SIGTERM"), true);
    const reason = await protocol.over;
    assert.deepEqual([reason.kind, reason.by, reason.signal], ["lost", "peer", "SIGTERM"]);
  });

  test("an end of standard output before the exit is refused by name", async () => {
    const args = [ECHO, "closing"];
    const child = childProcess({ command: process.execPath, args, env: "inherit" });
    const { protocol } = await connected(child);
    assert.equal((await protocol.over).exitCode, 6);
  });

  test("an abort ends the process", async () => {
    const child = childProcess({ command: process.execPath, args: [ECHO], env: "inherit" });
    const { protocol, transport } = await connected(child);
    const { pid } = transport;
    transport.abortConnection();
    assert.equal((await protocol.over).kind, "aborted");
    assert.throws(() => process.kill(pid ?? 0, 0), { code: "ESRCH" });
  });

  test("a descriptor is read to the end of its file, and one is written", async () => {
    writeFileSync(join(folder, "read"), content);
    const reader = new Gathered();
    const input = openSync(join(folder, "read"), "r");
    await descriptor({ input }).connect(reader as never);
    assert.equal((await reader.over).kind, "done");
    assert.ok(reader.bytes.equals(content));
    const writer = new Gathered();
    const path = join(folder, "written");
    await file({ path, way: "write" }).connect(writer as never);
    writer.transport.write(content);
    writer.transport.loseConnection();
    assert.equal((await writer.over).kind, "done");
    assert.ok(readFileSync(path).equals(content));
  });

  test("a path with a drive is read behind file://", async () => {
    const path = join(folder, "drive");
    writeFileSync(path, "x");
    const reader = new Gathered();
    await file({ path: `/${path}` }).connect(reader as never);
    await reader.over;
    assert.equal(reader.bytes.toString(), "x");
  });

  test("what is not there is refused by name: unix, one number for both ways", async () => {
    const unsupported = { code: "ERR_WIRE_UNSUPPORTED" };
    const nobody = new Gathered() as never;
    await assert.rejects(unix({ path: "C:\\x.sock" }).connect(nobody), unsupported);
    await assert.rejects(descriptor({ fd: 1 }).connect(nobody), unsupported);
    await assert.rejects(stdio({ output: 77 }).connect(new Gathered() as never), {
      code: "ERR_WIRE_REFUSED",
    });
  });
});

const EXITED = ["lost", "ERR_WIRE_PROCESS_EXIT", 5];

async function connected(
  child: ReturnType<typeof childProcess>,
): Promise<{ readonly protocol: Gathered; readonly transport: ProcessTransport }> {
  const protocol = await child.connect(new Gathered());
  return { protocol, transport: protocol.transport };
}
