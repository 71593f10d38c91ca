import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { closeSync, fstatSync, readSync, writeSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { StdioTransport } from "../../../src/contract/index.ts";
import { stdio } from "../../../src/wires/stdio/index.ts";
import { count } from "../../counts.ts";
import { closeQuietly, makePipe } from "../fifo.ts";
import { HalfCloseAware, patterned, RecordingProtocol } from "../recording-protocol.ts";

const options = process.platform === "linux" ? {} : { skip: "needs /proc" };
const program = fileURLToPath(new URL("stdio-program.js", import.meta.url));

describe("stdio", options, () => {
  it("prints all of it to a slow reader when the main program returns", async () => {
    for (let run = count("exits", 5, 100); run > 0; run--) {
      assert.equal(await printedBy(`node "${program}" print | (sleep 0.05; wc -c)`), "1048576\n");
    }
  });

  it("prints all of it when finishStdio is awaited before process.exit", async () => {
    const out = await printedBy(`(node "${program}" finish; echo $? >&2) | (sleep 0.05; wc -c)`);
    assert.equal(out, "1048576\n");
  });

  it("answers an echo that ends its input, which the naive order loses (CORE-154)", async () => {
    assert.equal(await printedBy(`printf hello | node "${program}" echo | cat`), "hello");
  });

  it("leaves the pipe that others write to as it is, even after SIGKILL", async () => {
    const ours = `node "${program}" fill & pid=$!; sleep 0.4; kill -9 $pid`;
    const theirs = "head -c 300000 /dev/zero && echo wrote >&2";
    const script = `(${ours}; ${theirs}) | (sleep 0.8; cat >/dev/null)`;
    assert.match(await toldBy(script), /wrote/);
  });

  it("notices a gone reader at the next write, quietly", async () => {
    const told = await toldBy(`node "${program}" fill | head -c 10 >/dev/null`);
    assert.match(told, /writeLost/);
    assert.doesNotMatch(told, /EPIPE|Error/);
  });

  it("leaves its descriptors open (CORE-149)", async () => {
    const [there, back] = [makePipe(), makePipe()];
    const protocol = new HalfCloseAware();
    await stdio({ input: back.input, output: there.output }).connect(protocol);
    protocol.transport.write(Buffer.from("one "));
    protocol.transport.loseConnection();
    await protocol.lost;
    writeSync(there.output, "two");
    assert.equal(read(there.input), "one two");
    assert.ok(fstatSync(back.input).isFIFO());
    closeQuietly(there.input, there.output, back.input, back.output);
  });

  it("closes its output where that is asked for", async () => {
    const [there, back] = [makePipe(), makePipe()];
    const protocol = new HalfCloseAware();
    const { input, output } = { input: back.input, output: there.output };
    await stdio({ input, output, closeOutput: true }).connect(protocol);
    protocol.transport.write(Buffer.from("all"));
    (protocol.transport as unknown as { loseWriteConnection(): void }).loseWriteConnection();
    await protocol.writeEnded;
    assert.throws(() => fstatSync(there.output), { code: "EBADF" });
    assert.equal(read(there.input), "all");
    closeSync(back.output);
    assert.equal((await protocol.lost).kind, "done");
    closeQuietly(there.input, back.input);
  });

  it("ends with its reader, where asked to, but not before what was written", async () => {
    const [there, back] = [makePipe(), makePipe()];
    const ends = { input: back.input, output: there.output, endsWithReader: true };
    const protocol = new HalfCloseAware();
    await stdio(ends).connect(protocol);
    protocol.transport.pauseProducing();
    writeSync(back.output, patterned(60_000));
    closeSync(there.input);
    protocol.transport.write(Buffer.from("nobody reads this"));
    await protocol.writeEnded;
    protocol.transport.resumeProducing();
    await protocol.readEnded;
    assert.equal(protocol.byteCount, 60_000);
    assert.equal((await protocol.lost).kind, "done");
    closeQuietly(there.output, back.input, back.output);
  });

  it("ends with its reader although its writer never ends", async () => {
    const [there, back] = [makePipe(), makePipe()];
    const ends = { input: back.input, output: there.output, endsWithReader: true };
    const protocol = new HalfCloseAware();
    await stdio(ends).connect(protocol);
    const endless = spawn("yes", { stdio: ["ignore", back.output, "ignore"] });
    await protocol.received(1);
    closeSync(there.input);
    protocol.transport.write(Buffer.from("nobody reads this"));
    await protocol.readEnded;
    await protocol.lost;
    closeQuietly(there.output, back.input, back.output);
    await new Promise((resolve) => endless.once("close", resolve));
  });

  it("takes no byte of a shared input after a close", async () => {
    const [there, back] = [makePipe(), makePipe()];
    const protocol = new RecordingProtocol();
    await stdio({ input: back.input, output: there.output }).connect(protocol);
    writeSync(back.output, "mine");
    await protocol.received(4);
    protocol.transport.loseConnection();
    await protocol.lost;
    writeSync(back.output, "theirs");
    assert.equal(read(back.input), "theirs");
    closeQuietly(there.input, there.output, back.input, back.output);
  });

  it("sees the end of a named pipe whose writer has left before", async () => {
    const [there, back] = [makePipe(), makePipe()];
    writeSync(back.output, "all of it");
    closeSync(back.output);
    const protocol = new RecordingProtocol();
    await stdio({ input: back.input, output: there.output }).connect(protocol);
    const { kind, by } = await protocol.lost;
    assert.equal(`${kind} ${by}`, "done peer");
    assert.equal(protocol.bytes.toString(), "all of it");
    closeQuietly(there.input, there.output, back.input);
  });

  it("says what became of a descriptor, and when it is taken or closed", async () => {
    const [there, back] = [makePipe(), makePipe()];
    const ends = stdio({ input: back.input, output: there.output });
    const protocol = new RecordingProtocol();
    await ends.connect(protocol as never);
    const { nonBlocking, isTerminal, terminalSize, setRawMode } =
      protocol.transport as unknown as StdioTransport;
    assert.deepEqual(nonBlocking, []);
    assert.deepEqual(isTerminal, { input: false, output: false });
    assert.equal(terminalSize, null);
    assert.throws(() => setRawMode.call(protocol.transport as never, true), {
      code: "ERR_WIRE_UNSUPPORTED",
    });
    await assert.rejects(ends.connect(new RecordingProtocol() as never), { code: "ERR_WIRE_BUSY" });
    protocol.transport.loseConnection();
    await protocol.lost;
    closeQuietly(there.input, there.output, back.input, back.output);
    await assert.rejects(ends.connect(new RecordingProtocol() as never), {
      code: "ERR_WIRE_REFUSED",
    });
  });

  it("serves a terminal: raw mode, its size, and what changes it", async () => {
    const told = await toldBy(
      `script -qfec 'stty rows 30 cols 90; node "${program}" terminal' /dev/null </dev/null >&2`,
    );
    assert.match(told, /terminal true 90x30/);
    assert.match(told, /resized 70x20/);
  });
});

function read(fd: number): string {
  const buffer = Buffer.alloc(100);
  return buffer.subarray(0, readSync(fd, buffer)).toString();
}

function printedBy(script: string): Promise<string> {
  return run(script, 1);
}

function toldBy(script: string): Promise<string> {
  return run(script, 2);
}

/** What a shell script gives on one of its descriptors. */
async function run(script: string, childFD: 1 | 2): Promise<string> {
  const child = spawn("/bin/sh", ["-c", script], { stdio: ["ignore", "pipe", "pipe"] });
  const texts = new Map<number, string>([
    [1, ""],
    [2, ""],
  ]);
  for (const fd of [1, 2]) {
    child.stdio[fd]?.on("data", (data: Buffer) => {
      texts.set(fd, `${texts.get(fd)}${data.toString()}`);
    });
  }
  await new Promise((resolve) => child.once("close", resolve));
  return texts.get(childFD) ?? "";
}
