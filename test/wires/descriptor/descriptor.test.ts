import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { DescriptorTransport } from "../../../src/contract/index.ts";
import { whyNotNative } from "../../../src/wires/_drivers/native/addon.ts";
import { descriptor } from "../../../src/wires/descriptor/index.ts";
import { missingPrograms } from "../../../tools/missing-programs.ts";
import { Program } from "../../interop/program.ts";
import { closeQuietly, makePipe } from "../fifo.ts";
import { HalfCloseAware, RecordingProtocol } from "../recording-protocol.ts";
import { turns } from "../unix/descriptor-rig.ts";

const options = process.platform === "linux" ? {} : { skip: "needs mkfifo and /proc" };
const folder = mkdtempSync(join(tmpdir(), "overwall-descriptor-"));
const program = fileURLToPath(new URL("descriptor-program.js", import.meta.url));
after(() => rmSync(folder, { recursive: true, force: true }));

describe("descriptor", options, () => {
  it("reads a pipe by its number until its writers are gone, and closes it", async () => {
    const pipe = makePipe();
    const protocol = await descriptor({ fd: pipe.input }).connect(new RecordingProtocol());
    writeSync(pipe.output, "hello");
    closeSync(pipe.output);
    const { kind, by } = await protocol.lost;
    assert.equal(`${kind} ${by}`, "done peer");
    assert.equal(protocol.bytes.toString(), "hello");
    assert.throws(() => fstatSync(pipe.input), { code: "EBADF" });
  });

  it("writes a pipe, and its reader sees the end", async () => {
    const pipe = makePipe();
    const protocol = await descriptor({ fd: pipe.output }).connect(new RecordingProtocol());
    assert.deepEqual(protocol.transport.getPeer(), {
      kind: "descriptor",
      input: null,
      output: pipe.output,
    });
    protocol.transport.write(Buffer.from("hello"));
    protocol.transport.loseConnection();
    assert.equal((await protocol.lost).kind, "done");
    const buffer = Buffer.alloc(10);
    assert.equal(readSync(pipe.input, buffer), 5);
    assert.equal(readSync(pipe.input, buffer), 0);
    closeSync(pipe.input);
  });

  it("ends our direction, and counts what was not sent, when the reader has gone", async () => {
    const [there, back] = [makePipe(), makePipe()];
    const ends = descriptor({ input: back.input, output: there.output });
    const protocol = await ends.connect(new HalfCloseAware());
    closeSync(there.input);
    protocol.transport.write(Buffer.from("hello"));
    await protocol.writeEnded;
    writeSync(back.output, "still");
    await protocol.received(5);
    closeSync(back.output);
    const { kind, ledger } = await protocol.lost;
    assert.equal(kind, "done");
    assert.equal(ledger.unsent, 5);
  });

  it("leaves a shared descriptor open, and blocking for the others", async () => {
    const pipe = makePipe();
    const shared = descriptor({ fd: pipe.output, shared: true });
    const protocol = await shared.connect(new RecordingProtocol());
    protocol.transport.write(Buffer.from("one "));
    protocol.transport.loseConnection();
    await protocol.lost;
    writeSync(pipe.output, "two");
    const buffer = Buffer.alloc(10);
    assert.equal(buffer.subarray(0, readSync(pipe.input, buffer)).toString(), "one two");
    closeQuietly(pipe.input, pipe.output);
  });

  it("is connected once, while it lives and after: the number may be another's by then", async () => {
    const pipe = makePipe();
    const ends = descriptor({ fd: pipe.input });
    const protocol = await ends.connect(new RecordingProtocol());
    const busy = {
      code: "ERR_WIRE_BUSY",
      message: new RegExp(`^Cannot connect to fd:${pipe.input}: an earlier connect took it`),
    };
    await assert.rejects(ends.connect(new RecordingProtocol()), busy);
    writeSync(pipe.output, "whole");
    closeSync(pipe.output);
    const { kind, ledger } = await protocol.lost;
    assert.deepEqual([kind, ledger.received], ["done", 5], "the first has lost nothing");
    const others: number[] = [];
    while (!others.includes(pipe.input)) others.push(openSync("/dev/null", "r"));
    await assert.rejects(ends.connect(new RecordingProtocol()), busy);
    for (const other of others) closeSync(other);
  });

  it("is connected once, also where only the first of two could be had", async () => {
    const pipe = makePipe();
    const absent = openSync("/dev/null", "w");
    closeSync(absent);
    const ends = descriptor({ input: pipe.input, output: absent });
    await assert.rejects(ends.connect(new RecordingProtocol()), { code: "ERR_WIRE_REFUSED" });
    await turns();
    const others: number[] = [];
    while (!others.includes(pipe.input)) others.push(openSync("/dev/null", "r"));
    await assert.rejects(ends.connect(new RecordingProtocol()), { code: "ERR_WIRE_BUSY" });
    for (const other of others) closeSync(other);
    closeSync(pipe.output);
  });

  it("may be connected again where the attempt took nothing", async () => {
    const pipe = makePipe();
    const ends = descriptor({ fd: pipe.input });
    const reason = new Error("not now");
    const signal = AbortSignal.abort(reason);
    await assert.rejects(ends.connect(new RecordingProtocol(), { signal }), reason);
    const protocol = await ends.connect(new RecordingProtocol());
    closeSync(pipe.output);
    assert.equal((await protocol.lost).kind, "done");
  });

  for (const driver of ["native", "portable"] as const) {
    const why = driver === "native" ? whyNotNative() : null;
    const skip = why !== null && why;
    it(`leaves a shared pipe open that nobody reads any more (${driver})`, { skip }, async () => {
      const pipe = makePipe();
      closeSync(pipe.input);
      const shared = descriptor({ output: pipe.output, shared: true, driver });
      const protocol = await shared.connect(new RecordingProtocol());
      protocol.transport.write(Buffer.from("nobody reads this"));
      assert.equal((await protocol.lost).ledger.unsent, 17);
      assert.ok(fstatSync(pipe.output).isFIFO());
      closeSync(pipe.output);
    });
  }

  it("takes a file that is open for appending", async () => {
    const path = join(folder, "appended");
    const fd = openSync(path, "a+");
    const protocol = await descriptor({ output: fd }).connect(new RecordingProtocol());
    protocol.transport.write(Buffer.from("hello"));
    protocol.transport.loseConnection();
    assert.equal((await protocol.lost).ledger.sent, 5);
  });

  it("appends to a file that goes both ways where it was opened to append", async () => {
    const path = join(folder, "log");
    writeFileSync(path, "0123456789");
    const protocol = new HalfCloseAware();
    await descriptor({ fd: openSync(path, "a+") }).connect(protocol);
    await protocol.readEnded;
    protocol.transport.write(Buffer.from("NEW"));
    protocol.transport.loseConnection();
    assert.equal((await protocol.lost).ledger.sent, 3);
    assert.equal(readFileSync(path, "utf8"), "0123456789NEW");
    assert.equal(protocol.bytes.toString(), "0123456789");
  });

  for (const shared of [false, true]) {
    const whose = shared ? "shared" : "own";
    it(`reads and writes a file, each from where it stands (${whose})`, async () => {
      const path = join(folder, `both-${whose}`);
      writeFileSync(path, "0123456789");
      const fd = openSync(path, "r+");
      readSync(fd, Buffer.alloc(4));
      const protocol = new HalfCloseAware();
      await descriptor({ fd, shared }).connect(protocol);
      await protocol.readEnded;
      for (const word of ["NE", "W"]) protocol.transport.write(Buffer.from(word));
      protocol.transport.loseConnection();
      assert.equal((await protocol.lost).ledger.sent, 3);
      assert.equal(protocol.bytes.toString(), "456789");
      assert.equal(readFileSync(path, "utf8"), "0123NEW789");
      closeQuietly(fd);
    });
  }

  it("leaves nothing open when one of both ways cannot be had", async () => {
    const path = join(folder, "both-ways");
    execFileSync("mkfifo", [path]);
    const [fd, lowest] = [openSync(path, "r+"), openSync(path, "r+")];
    // A number that Node still watches, closed behind its back: Node refuses what gets it next.
    const stale = new Socket({ fd: lowest }).resume();
    await new Promise(setImmediate);
    closeSync(lowest);
    const both = descriptor({ fd, driver: "portable" });
    await assert.rejects(both.connect(new RecordingProtocol()), { message: /is there already/ });
    assert.throws(() => fstatSync(lowest), { code: "EBADF" });
    await new Promise((resolve) => stale.destroy().once("close", resolve));
  });

  it("reads a file from where it stands, and closes it", async () => {
    const path = join(folder, "partly");
    writeFileSync(path, "read already, and the rest");
    const fd = openSync(path, "r");
    readSync(fd, Buffer.alloc("read already, ".length));
    const protocol = await descriptor({ fd }).connect(new RecordingProtocol());
    const { kind, by, ledger } = await protocol.lost;
    assert.equal(`${kind} ${by}`, "done peer");
    assert.equal(protocol.bytes.toString(), "and the rest");
    assert.equal(ledger.received, 12);
    assert.throws(() => fstatSync(fd), { code: "EBADF" });
  });

  it("moves the place of a shared file for the others, who have it still", async () => {
    const path = join(folder, "shared");
    const fd = openSync(path, "w+");
    const protocol = await descriptor({ output: fd, shared: true }).connect(
      new RecordingProtocol(),
    );
    protocol.transport.write(Buffer.from("ours, "));
    protocol.transport.loseConnection();
    await protocol.lost;
    writeSync(fd, "theirs");
    closeSync(fd);
    assert.equal(readFileSync(path, "utf8"), "ours, theirs");
  });

  it("ends at once on a device that has nothing", async () => {
    const protocol = await descriptor({ input: openSync("/dev/null", "r") }).connect(
      new RecordingProtocol(),
    );
    const { kind, by, ledger } = await protocol.lost;
    assert.deepEqual([kind, by, ledger.received], ["done", "peer", 0]);
  });

  it("is carried by the driver that was asked for, and says so", async () => {
    for (const driver of ["native", "portable"] as const) {
      if (driver === "native" && whyNotNative() !== null) continue;
      const pipe = makePipe();
      const protocol = await descriptor({ fd: pipe.input, driver }).connect(
        new RecordingProtocol<DescriptorTransport>(),
      );
      assert.equal(protocol.transport.driver, driver);
      closeSync(pipe.output);
      await protocol.lost;
    }
  });

  it("takes a socket whole: one end leaves the other direction", async () => {
    // Node makes a pair of sockets of what it calls a pipe.
    const child = spawn(process.execPath, [program, "echo", "3"], {
      stdio: ["ignore", "ignore", "pipe", "pipe"],
    });
    const socket = child.stdio[3] as Socket;
    const [back, told] = [text(socket), text(child.stderr as Readable)];
    socket.end("hello");
    assert.equal(await back, "hello(end)");
    assert.deepEqual(JSON.parse(await told), { kind: "done", by: "peer", sent: 10, unsent: 0 });
  });

  const missing = missingPrograms(["script"]);
  const skip = missing.length > 0 && `needs ${missing.join(", ")} on PATH`;
  it("takes a terminal: lines in, until ^D, and lines out", { skip }, async () => {
    const command = `node "${program}" echo 0,1 2>/dev/null`;
    await using terminal = new Program("script", ["-qfec", command, "/dev/null"], {
      input: "open",
    });
    terminal.write("hi\n");
    await terminal.until(({ stdout }) => /^hi\r\nhi\r\n/.test(stdout) || undefined);
    terminal.write("\u0004");
    assert.match((await terminal.outcome).stdout, /^hi\r\nhi\r\n.*\(end\)/s);
  });

  it("names a number that is not open", async () => {
    const pipe = makePipe();
    closeQuietly(pipe.input, pipe.output);
    await assert.rejects(descriptor({ fd: pipe.input }).connect(new RecordingProtocol()), {
      code: "ERR_WIRE_REFUSED",
      message: new RegExp(`Cannot connect to fd:${pipe.input}: descriptor .* is not open`),
    });
  });

  it("refuses what bytes do not go through, such as what the event loop waits on", async () => {
    const ofTheLoop = readdirSync("/proc/self/fd").find((fd) => leadsTo(fd).includes("eventpoll"));
    assert.ok(ofTheLoop !== undefined, "there is a loop");
    await assert.rejects(descriptor({ fd: Number(ofTheLoop) }).connect(new RecordingProtocol()), {
      code: "ERR_WIRE_REFUSED",
      message: /it is no file, pipe, socket, terminal or device/,
    });
  });

  it("refuses options that make no sense", () => {
    for (const given of [{}, { fd: -1 }, { fd: 1, input: 2 }, { output: "x" }]) {
      assert.throws(() => descriptor(given as never), { name: /^(Type|Range)Error$/ });
    }
  });
});

/** What the system calls it; nothing for one that is closed already. */
function leadsTo(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}
