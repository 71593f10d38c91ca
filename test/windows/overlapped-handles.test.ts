import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Abortable, CloseReason, Protocol, Transport } from "../../src/contract/index.ts";
import { isWireError } from "../../src/contract/index.ts";
import { pattern } from "../../src/testing/pattern.ts";
import { descriptor } from "../../src/wires/descriptor/index.ts";
import { closeHandle, duplexPipe, isOpen, oneWayPipe, openFile } from "./handles.ts";

const skip = process.platform !== "win32" && "needs Windows; under-wine.test.ts runs it";

/** What came, and how it ended. */
class Gathered implements Protocol {
  readonly chunks: Uint8Array[] = [];
  readonly over: Promise<CloseReason>;
  transport!: Transport & Abortable;
  #settle!: (reason: CloseReason) => void;

  constructor() {
    this.over = new Promise((settle) => {
      this.#settle = settle;
    });
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  connectionMade(transport: Transport): void {
    this.transport = transport as Transport & Abortable;
  }

  dataReceived(data: Uint8Array): void {
    this.chunks.push(data);
  }

  connectionLost(reason: CloseReason): void {
    this.#settle(reason);
  }
}

describe("overlapped handles of Windows", { skip }, () => {
  const folder = skip ? "" : mkdtempSync(join(tmpdir(), "overwall-"));
  after(() => {
    if (folder !== "") rmSync(folder, { recursive: true, force: true });
  });

  test("a file is read whole, from its beginning to its end, and closed", async () => {
    const path = join(folder, "read");
    const content = pattern(1_000_003);
    writeFileSync(path, content);
    const handle = openFile(path, "read");
    const reader = await descriptor({ input: handle, overlapped: true }).connect(new Gathered());
    const { kind, by, ledger } = await reader.over;
    assert.deepEqual([kind, by, ledger.delivered], ["done", "peer", content.length]);
    assert.ok(reader.bytes.equals(content));
    assert.equal(isOpen(handle), false);
  });

  test("a file is written in order with several writes in flight, and counted", async () => {
    const path = join(folder, "written");
    const content = pattern(1_000_003);
    const handle = openFile(path, "write");
    const writer = await descriptor({ output: handle, overlapped: true }).connect(new Gathered());
    writer.transport.write(content);
    writer.transport.loseConnection();
    const { kind, ledger } = await writer.over;
    assert.deepEqual([kind, ledger.sent, ledger.unsent], ["done", content.length, 0]);
    assert.ok(readFileSync(path).equals(content));
  });

  test("a file that was opened to append is written behind what is there", async () => {
    const path = join(folder, "appended");
    writeFileSync(path, "before ");
    const content = pattern(200_000);
    const handle = openFile(path, "append");
    const writer = await descriptor({ output: handle, overlapped: true }).connect(new Gathered());
    writer.transport.write(content);
    writer.transport.loseConnection();
    assert.equal((await writer.over).kind, "done");
    assert.ok(readFileSync(path).equals(Buffer.concat([Buffer.from("before "), content])));
  });

  test("an abort cancels what is in flight, and tells to the byte what was sent", async () => {
    const { input, output } = oneWayPipe();
    const writer = await descriptor({ output, overlapped: true }).connect(new Gathered());
    writer.transport.write(pattern(1_000_000));
    await new Promise((resolve) => setImmediate(resolve));
    writer.transport.abortConnection();
    const { kind, by, ledger } = await writer.over;
    assert.deepEqual([kind, by], ["aborted", "us"]);
    assert.equal(ledger.sent + ledger.unsent, 1_000_000);
    assert.equal(isOpen(output), false);
    const reader = await descriptor({ input, overlapped: true }).connect(new Gathered());
    await reader.over;
    assert.equal(reader.bytes.length, ledger.sent, "the pipe holds what was counted as sent");
  });

  test("an abort ends a read that nothing would have ended", async () => {
    const { server, client } = duplexPipe();
    const reader = await descriptor({ fd: server, overlapped: true }).connect(new Gathered());
    reader.transport.abortConnection();
    assert.equal((await reader.over).kind, "aborted");
    assert.equal(isOpen(server), false);
    closeHandle(client);
  });

  test("a reader that goes away ends our direction, and the rest is unsent", async () => {
    const { input, output } = oneWayPipe();
    const writer = await descriptor({ output, overlapped: true }).connect(new Gathered());
    writer.transport.write(pattern(1_000_000));
    await new Promise((resolve) => setImmediate(resolve));
    closeHandle(input);
    const { ledger } = await writer.over;
    assert.ok(ledger.unsent > 0);
    assert.equal(ledger.sent + ledger.unsent, 1_000_000);
  });

  test("a shared handle stays open, and one descriptor() connects it again and again", async () => {
    const { input, output } = oneWayPipe();
    const shared = descriptor({ output, overlapped: true, shared: true });
    for (const byte of [1, 2]) {
      const writer = await shared.connect(new Gathered());
      writer.transport.write(Uint8Array.of(byte));
      writer.transport.loseConnection();
      await writer.over;
      assert.equal(isOpen(output), true);
    }
    closeHandle(output);
    const reader = await descriptor({ input, overlapped: true }).connect(new Gathered());
    await reader.over;
    assert.deepEqual([...reader.bytes], [1, 2]);
  });

  test("a handle that blocks, or one that is not there is refused by name", async () => {
    const path = join(folder, "blocking");
    const blocking = openFile(path, "write", false);
    const refused = async (handle: number): Promise<string> => {
      try {
        await descriptor({ output: handle, overlapped: true }).connect(new Gathered());
        return "taken";
      } catch (error) {
        return isWireError(error) ? `${error.code} ${error.message}` : String(error);
      }
    };
    assert.match(await refused(blocking), /^ERR_WIRE_UNSUPPORTED .*OVERLAPPED/);
    closeHandle(blocking);
    assert.match(await refused(0x7770), /^ERR_WIRE_REFUSED .*is not open/);
    const { input, output } = oneWayPipe();
    assert.match(await refused(input), /^ERR_WIRE_PERMISSION .*to be written/);
    const first = await descriptor({ output, overlapped: true }).connect(new Gathered());
    assert.match(await refused(output), /^ERR_WIRE_REFUSED .*or ours by another descriptor\(\)/);
    first.transport.loseConnection();
    await first.over;
    closeHandle(input);
  });

  test("a process with a read in flight exits when it is told to", async () => {
    const program = new URL("waiting-reader.js", import.meta.url);
    const child = spawn(process.execPath, [fileURLToPath(program)], { stdio: "ignore" });
    assert.equal(await new Promise((resolve) => child.once("exit", resolve)), 7);
  });
});
