import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { isWireError } from "../../../src/contract/index.ts";
import { file } from "../../../src/wires/file/index.ts";
import { patterned, RecordingProtocol } from "../recording-protocol.ts";

const folder = mkdtempSync(join(tmpdir(), "overwall-file-"));
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
