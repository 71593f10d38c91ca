import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  readFileSync,
  readSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { StdioTransport } from "../../../src/contract/index.ts";
import { whyNotNative } from "../../../src/wires/_drivers/native/addon.ts";
import { stdio } from "../../../src/wires/stdio/index.ts";
import { missingPrograms } from "../../../tools/missing-programs.ts";
import { Program } from "../../interop/program.ts";
import { Scratch } from "../../interop/scratch.ts";
import type { Pipe } from "../fifo.ts";
import { closeQuietly, makePipe } from "../fifo.ts";
import { HalfCloseAware, patterned, RecordingProtocol } from "../recording-protocol.ts";
import { onlyNative } from "../unix/descriptor-rig.ts";

const options = process.platform === "linux" ? {} : { skip: "needs /proc" };
const program = fileURLToPath(new URL("stdio-program.js", import.meta.url));

describe("stdio", options, () => {
  it("prints all of it to a reader that begins when the main program has returned", async () => {
    const { child, pipe } = await startOnPipe("print", "returned");
    assert.equal((await drain(pipe)).length, MEBIBYTE);
    assert.equal((await child.outcome).status, 0);
  });

  it("prints all of it when finishStdio is awaited before process.exit", async () => {
    const { child, pipe } = await startOnPipe("finish", "finishing");
    assert.equal((await drain(pipe)).length, MEBIBYTE);
    assert.equal((await child.outcome).status, 3);
  });

  it("answers an echo that ends its input, which the naive order loses (CORE-154)", async () => {
    assert.equal(await printedBy(`printf hello | node "${program}" echo | cat`), "hello");
  });

  it("leaves the pipe that others write to as it is, even after SIGKILL", async () => {
    const { child, pipe } = await startOnPipe("fill", "paused");
    // A sibling on the full pipe: it must wait for room, and not be refused.
    const sibling = new Program("sh", ["-c", "head -c 300000 /dev/zero && echo wrote >&2"], {
      stdout: pipe.output,
    });
    assert.equal(isNonBlocking(pipe.output), false);
    await child.stop("SIGKILL");
    assert.equal(isNonBlocking(pipe.output), false);
    const bytes = await drain(pipe);
    const { status, stderr } = await sibling.outcome;
    assert.deepEqual([status, stderr], [0, "wrote\n"]);
    assert.ok(bytes.length > 300_000);
  });

  it("is told apart from Node's own streams, which make it non-blocking for all", async () => {
    const { child, pipe } = await startOnPipe("naiveFill", "paused");
    assert.equal(isNonBlocking(pipe.output), true);
    await child.stop("SIGKILL");
    await drain(pipe);
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

  it("ends although somebody else has closed what it was to close", async () => {
    const [there, back] = [makePipe(), makePipe()];
    const protocol = new HalfCloseAware();
    await stdio({ input: back.input, output: there.output, closeOutput: true }).connect(protocol);
    closeSync(there.output);
    (protocol.transport as unknown as { loseWriteConnection(): void }).loseWriteConnection();
    await protocol.writeEnded;
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

  it("notices that its reader has gone with nothing to write (CORE-158)", onlyNative, async () => {
    const [there, back] = [makePipe(), makePipe()];
    const ends = { input: back.input, output: there.output, endsWithReader: true };
    const protocol = new HalfCloseAware();
    await stdio({ ...ends, driver: "native" }).connect(protocol);
    const { driver } = protocol.transport as unknown as StdioTransport;
    assert.equal(driver, "native");
    writeSync(back.output, patterned(60_000));
    closeSync(there.input);
    await protocol.writeEnded;
    assert.equal((await protocol.lost).kind, "done");
    assert.equal(protocol.byteCount, 60_000);
    closeQuietly(there.output, back.input, back.output);
  });

  it("is noticed to be unread from the start", onlyNative, async () => {
    const pipe = makePipe();
    closeSync(pipe.input);
    const child = new Program(process.execPath, [program, "idle"], { stdout: pipe.output });
    assert.equal((await child.outcome).stderr, "writeLost\n");
    assert.equal(isNonBlocking(pipe.output), false);
    closeSync(pipe.output);
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

  for (const driver of ["native", "portable"] as const) {
    const why = driver === "native" ? whyNotNative() : null;
    const skip = why !== null && why;
    const taken = driver === "native" ? "" : "0,1";
    const what = taken === "" ? "leaves it waiting for others" : "says that it could not";
    it(`takes a socket, ${what}, and ends it for its reader (${driver})`, { skip }, async () => {
      // Node gives its children sockets for pipes.
      const env = { OVERWALL_DRIVER: driver };
      await using child = new Program(process.execPath, [program, "half"], { env, input: "open" });
      await child.until(({ stderr }) => stderr.includes(`nonBlocking ${taken}\n`) || undefined);
      await child.until(({ stdoutEnded }) => stdoutEnded || undefined);
      assert.equal(child.stdout, "all");
      child.write("x");
      await child.until(({ stderr }) => /heard x\n/.test(stderr) || undefined);
      child.endInput();
      const { status, stderr } = await child.outcome;
      assert.equal(status, 0);
      assert.equal(stderr, `${driver}: nonBlocking ${taken}\nheard x\ninput ended\n`);
    });
  }

  for (const driver of ["native", "portable"] as const) {
    const why = driver === "native" ? whyNotNative() : null;
    const skip = why !== null && why;
    for (const word of ["last", "unread"]) {
      const what = word === "last" ? "that it ends" : "whose reader has gone";
      it(`closes a socket ${what} once, and only that (${driver})`, { skip }, async () => {
        const child = spawn(process.execPath, [program, "third"], {
          env: { ...process.env, OVERWALL_DRIVER: driver },
          stdio: ["pipe", "ignore", "pipe", "pipe"],
        });
        const input = child.stdin as Writable;
        const [errors, socket] = [child.stderr as Readable, child.stdio[3] as Socket];
        const told: Buffer[] = [];
        const isMade = new Promise((resolve) => errors.once("data", resolve));
        errors.on("data", (data: Buffer) => told.push(data));
        await isMade;
        if (word === "last") socket.resume();
        else await new Promise((resolve) => socket.destroy().once("close", resolve));
        input.end(word);
        const status = await new Promise((resolve) => child.once("close", resolve));
        const [made, lost = ""] = Buffer.concat(told).toString().split("\n");
        assert.equal(made, "made");
        assert.match(lost, /^lost done, the other file is open as \d+$/);
        assert.equal(status, 0);
      });
    }
  }

  it("takes files for both, and appends where the shell does", async () => {
    using scratch = new Scratch();
    const [from, to] = [scratch.path("from"), scratch.path("to")];
    writeFileSync(from, Buffer.alloc(MEBIBYTE, "overwall "));
    writeFileSync(to, "before ");
    assert.equal(await toldBy(`node "${program}" echo <"${from}" >>"${to}"`), "");
    assert.ok(readFileSync(to).equals(Buffer.concat([Buffer.from("before "), readFileSync(from)])));
  });
});

const missing = missingPrograms(["script", "stty"]);
const onTerminals = missing.length > 0 ? { skip: `needs ${missing.join(", ")} on PATH` } : options;

describe("stdio at a terminal", onTerminals, () => {
  it("serves it: raw mode, its size, and what changes that", async () => {
    await using terminal = atTerminal(`stty rows 30 cols 90; node "${program}" terminal`);
    const { stdout } = await terminal.outcome;
    assert.match(stdout, /terminal true 90x30/);
    assert.match(stdout, /resized 70x20/);
  });

  it("gives a key as it is pressed, unechoed", async () => {
    await using terminal = atTerminal(`node "${program}" key`);
    await terminal.until(({ stdout }) => /press/.test(stdout) || undefined);
    terminal.write("q");
    assert.match((await terminal.outcome).stdout, /^press\r+\nkey q\r+\n$/);
  });

  it("is as it was when the connection is over, and the process goes on", async () => {
    await using terminal = atTerminal(`WAS=$(stty -g) node "${program}" cooked`);
    assert.match((await terminal.outcome).stdout, /same/);
  });

  it("is as it was when the process exits in raw mode", async () => {
    const compare = `was=$(stty -g); node "${program}" exitRaw; test "$was" = "$(stty -g)"`;
    await using terminal = atTerminal(`${compare} && echo same`);
    assert.match((await terminal.outcome).stdout, /same/);
  });
});

/** A shell's command at a terminal of its own, whose keys are the program's input. */
function atTerminal(command: string): Program {
  return new Program("script", ["-qfec", command, "/dev/null"], { input: "open" });
}

/** One of the programs, with its output on a pipe, when it has told `words`. */
async function startOnPipe(
  what: string,
  words: string,
): Promise<{ readonly child: Program; readonly pipe: Pipe }> {
  const pipe = makePipe();
  const child = new Program(process.execPath, [program, what], { stdout: pipe.output });
  await child.until(({ stderr }) => stderr.includes(words) || undefined);
  return { child, pipe };
}

/** All that is written to a pipe until its last writer closes it. */
async function drain({ input, output }: Pipe): Promise<Buffer> {
  closeSync(output);
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream("", { fd: input })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Whether everybody who shares the descriptor's open file is refused where they should wait. */
function isNonBlocking(fd: number): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1];
  return (Number.parseInt(flags ?? assert.fail("no flags"), 8) & constants.O_NONBLOCK) !== 0;
}

const MEBIBYTE = 2 ** 20;

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
