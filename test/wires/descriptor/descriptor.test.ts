import assert from "node:assert/strict";
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { descriptor } from "../../../src/wires/descriptor/index.ts";
import { closeQuietly, makePipe } from "../fifo.ts";
import { HalfCloseAware, RecordingProtocol } from "../recording-protocol.ts";

const options = process.platform === "linux" ? {} : { skip: "needs mkfifo and /proc" };
const folder = mkdtempSync(join(tmpdir(), "overwall-descriptor-"));
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

  it("takes a file that is open for appending", async () => {
    const path = join(folder, "appended");
    const fd = openSync(path, "a+");
    const protocol = await descriptor({ output: fd }).connect(new RecordingProtocol());
    protocol.transport.write(Buffer.from("hello"));
    protocol.transport.loseConnection();
    assert.equal((await protocol.lost).ledger.sent, 5);
  });

  it("names a number that is not open", async () => {
    const pipe = makePipe();
    closeQuietly(pipe.input, pipe.output);
    await assert.rejects(descriptor({ fd: pipe.input }).connect(new RecordingProtocol()), {
      code: "ERR_WIRE_REFUSED",
      message: new RegExp(`Cannot connect to fd:${pipe.input}: descriptor .* is not open`),
    });
  });

  it("refuses options that make no sense", () => {
    for (const given of [{}, { fd: -1 }, { fd: 1, input: 2 }, { output: "x" }]) {
      assert.throws(() => descriptor(given as never), { name: /^(Type|Range)Error$/ });
    }
  });
});
