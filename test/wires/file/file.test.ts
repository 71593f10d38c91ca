import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { isWireError } from "../../../src/contract/index.ts";
import { file } from "../../../src/wires/file/index.ts";
import { missingPrograms } from "../../../tools/missing-programs.ts";
import { runToEnd } from "../../interop/program.ts";
import { patterned, RecordingProtocol } from "../recording-protocol.ts";

const folder = mkdtempSync(join(tmpdir(), "overwall-file-"));
const program = fileURLToPath(new URL("../descriptor/descriptor-program.js", import.meta.url));
after(() => rmSync(folder, { recursive: true, force: true }));
const options = process.platform === "win32" ? { skip: "POSIX only" } : {};

describe("file", options, () => {
  it("reads a file from its beginning to its end", async () => {
    const path = join(folder, "read");
    const bytes = patterned(300_000);
    writeFileSync(path, bytes);
    const protocol = await file({ path }).connect(new RecordingProtocol());
    const { kind, by, ledger } = await protocol.lost;
    assert.equal(`${kind} ${by}`, "done peer");
    assert.ok(protocol.bytes.equals(bytes));
    assert.equal(ledger.received, 300_000);
  });

  it("writes in the place of what was there, and appends behind it", async () => {
    const path = join(folder, "written");
    for (const [way, text] of [
      ["write", "first, and longer"],
      ["write", "one"],
      ["append", ", two"],
    ] as const) {
      const protocol = await file({ path, way }).connect(new RecordingProtocol());
      protocol.transport.write(Buffer.from(text));
      protocol.transport.loseConnection();
      const { kind, by, ledger } = await protocol.lost;
      assert.equal(`${kind} ${by}`, "done us");
      assert.equal(ledger.sent, text.length);
    }
    assert.equal(readFileSync(path, "utf8"), "one, two");
  });

  it("follows what is added, and begins anew when it became shorter", async () => {
    const path = join(folder, "followed");
    writeFileSync(path, "one ");
    const protocol = await file({ path, way: "follow" }).connect(new RecordingProtocol());
    await protocol.received(4);
    appendFileSync(path, "two ");
    await protocol.received(8);
    writeFileSync(path, "new");
    await protocol.received(11);
    assert.equal(protocol.bytes.toString(), "one two new");
    protocol.transport.loseConnection();
    assert.equal((await protocol.lost).kind, "done");
  });

  it("counts what a full disk took, and says why there was no more", {
    skip: existsSync("/dev/full") ? false : "needs /dev/full",
  }, async () => {
    const protocol = await file({ path: "/dev/full", way: "write" }).connect(
      new RecordingProtocol(),
    );
    protocol.transport.write(patterned(100_000));
    protocol.transport.loseConnection();
    const { code, error, ledger } = await protocol.lost;
    assert.equal(code, "ERR_WIRE_BROKEN");
    assert.match(String(error?.cause), /ENOSPC/);
    assert.equal(ledger.sent, 0);
    assert.equal(ledger.unsent, 100_000);
  });

  it("follows the file and not its name: what takes the name later is another file", async () => {
    const path = join(folder, "rotated");
    writeFileSync(path, "one ");
    const protocol = await file({ path, way: "follow" }).connect(new RecordingProtocol());
    await protocol.received(4);
    renameSync(path, `${path}.1`);
    writeFileSync(path, "of the next file");
    appendFileSync(`${path}.1`, "last");
    await protocol.received(8);
    assert.equal(protocol.bytes.toString(), "one last");
    protocol.transport.loseConnection();
    await protocol.lost;
  });

  it("counts to the byte what a limit let through", {
    skip: missingPrograms(["sh"]).length > 0 ? "needs sh on PATH" : false,
  }, async () => {
    const path = join(folder, "limited");
    // The limit is in blocks whose size the shell chooses: what is in the file is what was let in.
    const script = `ulimit -f 64; exec "${process.execPath}" "${program}" write "${path}" 300000`;
    const { stderr } = await runToEnd("sh", ["-c", script]);
    const { size } = statSync(path);
    assert.ok(size > 0 && size < 300_000, `${size} bytes`);
    assert.deepEqual(JSON.parse(stderr), {
      kind: "lost",
      by: "wire",
      code: "ERR_WIRE_BROKEN",
      sent: size,
      unsent: 300_000 - size,
    });
  });

  const hasMemory = existsSync("/proc/self/mem");
  it("says that reading failed, and where it had come to", {
    skip: hasMemory ? false : "needs /proc/self/mem",
  }, async () => {
    // Nothing is mapped at its beginning.
    const protocol = await file({ path: "/proc/self/mem" }).connect(new RecordingProtocol());
    const { kind, by, code, error, ledger } = await protocol.lost;
    assert.equal(`${kind} ${by} ${code}`, "lost wire ERR_WIRE_BROKEN");
    assert.match(error?.message ?? "", /^Cannot go on with file:\/\/\/proc\/self\/mem: .*EIO/);
    assert.match(String(error?.cause), /EIO/);
    assert.equal(ledger.received, 0);
  });

  it("says that it may not", {
    skip: existsSync("/proc/sys/kernel/ostype") ? false : "needs /proc/sys",
  }, async () => {
    const protocol = new RecordingProtocol();
    // Not even the superuser may write there.
    const writing = file({ path: "/proc/sys/kernel/ostype", way: "append" }).connect(protocol);
    await assert.rejects(writing, { code: "ERR_WIRE_PERMISSION" });
    assert.deepEqual(protocol.calls, []);
  });

  describe("a named pipe", {
    skip: missingPrograms(["mkfifo"]).length > 0 && "needs mkfifo",
  }, () => {
    const named = (name: string): string => {
      const path = join(folder, `${name}.pipe`);
      execFileSync("mkfifo", [path]);
      return path;
    };

    it("is read from its first writer on, to the end of its last", async () => {
      const path = named("read");
      const protocol = await file({ path }).connect(new RecordingProtocol());
      const writers = [openSync(path, "w"), openSync(path, "w")] as const;
      writeSync(writers[0], "one ");
      closeSync(writers[0]);
      await protocol.received(4);
      writeSync(writers[1], "two");
      closeSync(writers[1]);
      const { kind, by } = await protocol.lost;
      assert.equal(`${kind} ${by}`, "done peer");
      assert.equal(protocol.bytes.toString(), "one two");
    });

    it("is written, and its reader sees the end", async () => {
      const path = named("write");
      const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const protocol = await file({ path, way: "write" }).connect(new RecordingProtocol());
      protocol.transport.write(Buffer.from("hello"));
      protocol.transport.loseConnection();
      assert.equal((await protocol.lost).kind, "done");
      const buffer = Buffer.alloc(10);
      assert.equal(buffer.subarray(0, readSync(reader, buffer)).toString(), "hello");
      assert.equal(readSync(reader, buffer), 0);
      closeSync(reader);
    });

    it("is refused to a writer while nobody reads it", async () => {
      const writing = file({ path: named("unread"), way: "write" });
      await assert.rejects(writing.connect(new RecordingProtocol()), {
        code: "ERR_WIRE_REFUSED",
        message: /it is a named pipe that nobody reads/,
      });
    });

    it("ends our direction when its reader goes, and counts what was not sent", async () => {
      const path = named("left");
      const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const protocol = await file({ path, way: "write" }).connect(new RecordingProtocol());
      closeSync(reader);
      protocol.transport.write(Buffer.from("hello"));
      const { kind, by, ledger } = await protocol.lost;
      assert.deepEqual([kind, by, ledger.sent, ledger.unsent], ["done", "peer", 0, 5]);
    });
  });

  it("says what is wrong with a file that cannot be opened", async () => {
    const cases = [
      [{ path: join(folder, "none") }, "ERR_WIRE_REFUSED", /not there/],
      [{ path: folder }, "ERR_WIRE_REFUSED", /directory/],
      [{ path: join(folder, "none", "x"), way: "write" }, "ERR_WIRE_REFUSED", /not there/],
    ] as const;
    for (const [given, code, message] of cases) {
      const protocol = new RecordingProtocol();
      await assert.rejects(file(given).connect(protocol), (error: unknown) => {
        assert.ok(isWireError(error) && error.code === code, String(error));
        assert.match(error.message, message);
        return true;
      });
      assert.deepEqual(protocol.calls, []);
    }
  });

  it("refuses options that make no sense", () => {
    for (const given of [{}, { path: "" }, { path: "x", way: "up" }, { path: "x", mode: 9999 }]) {
      assert.throws(() => file(given as never), { name: /^(Type|Range)Error$/ });
    }
  });
});
