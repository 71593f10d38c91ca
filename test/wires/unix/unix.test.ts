import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { unix } from "../../../src/wires/unix/index.ts";
import { patterned } from "../recording-protocol.ts";
import { SleepingListener } from "../sleeping-listener.ts";
import { aware, deadSocket, failure, folder, onlyLinux, pair, plain } from "./unix-rig.ts";

const SIZE = 8 * 1024 * 1024;

describe("unix: connections", () => {
  it("carries 8 MiB each way at once, every byte in its place", async () => {
    await using at = await folder();
    await using both = await pair(at.at("s"), aware);
    const data = patterned(SIZE);
    for (const { transport } of [both.client, both.server]) {
      transport.write(data);
      transport.loseWriteConnection();
    }
    await Promise.all([both.client.lost, both.server.lost]);
    assert.ok(both.client.bytes.equals(data));
    assert.ok(both.server.bytes.equals(data));
  });

  for (const first of ["client", "server"] as const) {
    it(`lets the ${first} end first, and takes the answer (CORE-235, CORE-295)`, async () => {
      await using at = await folder();
      await using both = await pair(at.at("s"), aware);
      const [early, late] =
        first === "client" ? [both.client, both.server] : [both.server, both.client];
      early.transport.write(Buffer.from("question"));
      early.transport.loseWriteConnection();
      await late.readEnded;
      late.transport.write(Buffer.from("answer"));
      late.transport.loseConnection();
      assert.equal((await early.lost).kind, "done");
      assert.equal(early.bytes.toString(), "answer");
      assert.equal((await late.lost).kind, "done");
    });
  }

  it("delivers all of 8 MiB to a peer that keeps talking while we close (design 2.3)", async () => {
    await using at = await folder();
    const server = plain();
    await using _port = await unix({ path: at.at("s") }).listen(() => server);
    const far = connect({ path: at.at("s"), allowHalfOpen: true });
    let byteCount = 0;
    far.on("data", (data: Buffer) => {
      byteCount += data.byteLength;
      far.write("x");
    });
    const transport = await server.made;
    transport.write(patterned(SIZE));
    transport.loseConnection();
    await once(far, "end");
    assert.equal(byteCount, SIZE);
    far.end();
    assert.equal((await server.lost).kind, "done");
  });

  it("is a plain end to the peer when aborted, and does not claim more (CORE-296)", async () => {
    await using at = await folder();
    await using both = await pair(at.at("s"), plain);
    assert.equal(both.client.transport.capabilities.has("abortVisible"), false);
    both.client.transport.abortConnection();
    const seen = await both.server.lost;
    assert.deepEqual([seen.kind, seen.by], ["done", "peer"]);
    assert.equal((await both.client.lost).kind, "aborted");
  });

  it("names the listener at both ends, and the client not at all (CORE-291)", async () => {
    await using at = await folder();
    await using both = await pair(at.at("s"), plain);
    const named = { kind: "unix", path: at.at("s") };
    const unnamed = { kind: "unix", path: null };
    both.client.transport.loseConnection();
    await Promise.all([both.client.lost, both.server.lost]);
    assert.deepEqual(both.client.transport.getPeer(), named);
    assert.deepEqual(both.client.transport.getHost(), unnamed);
    assert.deepEqual(both.server.transport.getPeer(), unnamed);
    assert.deepEqual(both.server.transport.getHost(), named);
    assert.deepEqual(both.port.getHost(), named);
  });

  it("leaves no descriptor and no file", onlyLinux, async () => {
    await using at = await folder();
    const count = (): number => readdirSync("/proc/self/fd").length;
    await one();
    const before = count();
    for (let round = 0; round < 5; round++) await one();
    assert.equal(count(), before);
    assert.deepEqual(readdirSync(at.path), []);

    async function one(): Promise<void> {
      await using both = await pair(at.at("s"), plain);
      both.client.transport.write(patterned(1000));
      await both.server.received(1000);
    }
  });
});
describe("unix: connecting", () => {
  it("says that nothing is there", async () => {
    await using at = await folder();
    const error = await failure(unix({ path: at.at("s") }).connect(plain()));
    assert.deepEqual([error.name, error.code], ["ConnectError", "ERR_WIRE_REFUSED"]);
    assert.match(error.message, /nothing is there/);
    assert.equal(error.attempts.length, 1);
  });

  it("says that nobody listens on a dead socket", async () => {
    await using at = await folder();
    await deadSocket(at.at("s"));
    const error = await failure(unix({ path: at.at("s") }).connect(plain()));
    assert.equal(error.code, "ERR_WIRE_REFUSED");
    assert.match(error.message, /nobody is listening/);
  });

  it("says of a refused abstract name what it may be due to (NODE-12)", onlyLinux, async () => {
    const error = await failure(
      unix({ path: `@overwall-none-${process.pid}`, driver: "portable" }).connect(plain()),
    );
    assert.equal(error.code, "ERR_WIRE_REFUSED");
    assert.match(error.message, /only Node programs/);
  });

  it("waits for a place in a full queue, until it is out of time", onlyLinux, async () => {
    await using at = await folder();
    await using sleeper = await SleepingListener.start(at.at("s"));
    while (await sleeper.knock());
    const limits = { connectTimeoutMs: 50 };
    const error = await failure(unix({ path: at.at("s") }).connect(plain(), { limits }));
    assert.equal(error.code, "ERR_WIRE_TIMEOUT");
    const cancel = new AbortController();
    const { signal } = cancel;
    const cancelled = failure(unix({ path: at.at("s") }).connect(plain(), { signal }));
    cancel.abort(new Error("enough"));
    assert.match((await cancelled).message, /enough/);
    const client = unix({ path: at.at("s") }).connect(plain());
    sleeper.wake();
    (await client).transport.abortConnection();
  });

  for (const [what, options, kind] of [
    ["no path", {}, TypeError],
    ["an empty path", { path: "" }, RangeError],
    ["a zero byte", { path: "a\0b" }, RangeError],
    ["a mode beyond 0o777", { path: "/x", mode: 0o1777 }, RangeError],
    ["a mode as text", { path: "/x", mode: "600" }, TypeError],
  ] as const) {
    it(`refuses ${what} at the call`, () => {
      assert.throws(() => unix(options as unknown as { path: string }), kind);
    });
  }
});
