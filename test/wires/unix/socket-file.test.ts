import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { unlink } from "node:fs/promises";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { ListeningPort } from "../../../src/contract/index.ts";
import { unix } from "../../../src/wires/unix/index.ts";
import { deadSocket, folder, onlyLinux, pair, plain } from "./unix-rig.ts";

const NOBODY = 65_534;

describe("unix: listening", () => {
  it("gives the file its mode, and leaves no other file (CORE-280)", async () => {
    await using at = await folder();
    for (const mode of [0o600, 0o660, 0o666]) {
      await using _port = await unix({ path: at.at("s"), mode }).listen(plain);
      assert.equal(lstatSync(at.at("s")).mode & 0o777, mode);
      assert.deepEqual(readdirSync(at.path), ["s"]);
    }
    await using _port = await unix({ path: at.at("s") }).listen(plain);
    assert.equal(lstatSync(at.at("s")).mode & 0o777, 0o600);
  });

  it("takes the place of a socket that nobody listens on", async () => {
    await using at = await folder();
    await deadSocket(at.at("s"));
    await using both = await pair(at.at("s"), plain);
    both.client.transport.write(Buffer.from("alive"));
    await both.server.received(5);
  });

  it("gives a dead socket's place to one of two that start at once", async () => {
    await using at = await folder();
    const path = at.at("s");
    await deadSocket(path);
    const starts = [1, 2, 3].map(() => unix({ path }).listen(plain));
    const ends = await Promise.allSettled(starts);
    const ports = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
    assert.equal(ports.length, 1);
    const client = await unix({ path }).connect(plain());
    client.transport.abortConnection();
    await client.lost;
    for (const port of ports) await port.stopListening();
    assert.deepEqual(readdirSync(at.path), []);
  });

  it("leaves a living server alone", async () => {
    await using at = await folder();
    const path = at.at("s");
    await using both = await pair(path, plain);
    await assert.rejects(unix({ path }).listen(plain), {
      name: "ListenError",
      code: "ERR_WIRE_ADDRESS_IN_USE",
      message: /a server listens there already/,
    });
    both.client.transport.write(Buffer.from("alive"));
    await both.server.received(5);
    assert.deepEqual(readdirSync(at.path), ["s"]);
  });

  it("leaves a file that is no socket alone, and says so", async () => {
    await using at = await folder();
    writeFileSync(at.at("s"), "precious");
    mkdirSync(at.at("d"));
    for (const name of ["s", "d"]) {
      await assert.rejects(unix({ path: at.at(name) }).listen(plain), {
        code: "ERR_WIRE_ADDRESS_IN_USE",
        message: /not a socket/,
      });
    }
    assert.deepEqual(readdirSync(at.path).sort(), ["d", "s"]);
  });

  it("removes its file when it stops, and frees the path (CORE-286)", async () => {
    await using at = await folder();
    const path = at.at("s");
    await using both = await pair(path, plain);
    await both.port.stopListening();
    assert.equal(existsSync(path), false);
    const again = await unix({ path }).listen(plain);
    both.client.transport.write(Buffer.from("still here"));
    await both.server.received(10);
    await again.stopListening();
  });

  it("leaves a file alone that has taken the place of its own (CORE-287, NODE-14)", async () => {
    await using at = await folder();
    const port = await unix({ path: at.at("s") }).listen(plain);
    await unlink(at.at("s"));
    writeFileSync(at.at("s"), "somebody else's");
    await port.stopListening();
    assert.equal(existsSync(at.at("s")), true);
  });

  it("stops quietly when its file is gone already (CORE-287)", async () => {
    await using at = await folder();
    const port = await unix({ path: at.at("s") }).listen(plain);
    await unlink(at.at("s"));
    await port.stopListening();
    assert.equal(await port.closed, null);
  });

  it("says that the directory is missing", async () => {
    await using at = await folder();
    await assert.rejects(unix({ path: at.at("no/such/s") }).listen(plain), {
      name: "ListenError",
      message: /directory does not exist/,
    });
  });

  it("says that it may not", async () => {
    await using at = await folder();
    chmodSync(at.path, 0o500);
    const isRoot = process.geteuid?.() === 0;
    // Root may do anything.
    if (isRoot) process.seteuid?.(NOBODY);
    try {
      const listening = unix({ path: at.at("s") }).listen(plain);
      await assert.rejects(listening, { code: "ERR_WIRE_PERMISSION" });
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(at.path, 0o700);
    }
  });

  it("refuses a path that the system would cut, before anything (CORE-289, NODE-13)", async () => {
    await using at = await folder();
    const path = at.at("x".repeat(108 - at.path.length));
    assert.ok(Buffer.byteLength(path) > 107);
    await assert.rejects(unix({ path }).listen(plain), { code: "ERR_WIRE_UNSUPPORTED" });
    await assert.rejects(unix({ path }).connect(plain()), { code: "ERR_WIRE_UNSUPPORTED" });
    assert.deepEqual(readdirSync(at.path), []);
  });

  it(
    "takes the longest path that fits, and one that leaves a private name no room",
    onlyLinux,
    async () => {
      await using at = await folder();
      const deep = join(at.path, "d".repeat(105 - at.path.length - 1));
      mkdirSync(deep);
      const longest = at.at("x".repeat(107 - at.path.length - 1));
      for (const path of [longest, join(deep, "s")]) {
        assert.equal(Buffer.byteLength(path), 107);
        await using both = await pair(path, plain);
        assert.equal(lstatSync(path).mode & 0o777, 0o600);
        await assert.rejects(unix({ path }).listen(plain), { code: "ERR_WIRE_ADDRESS_IN_USE" });
        both.client.transport.write(Buffer.from("fits"));
        await both.server.received(4);
        await both.port.stopListening();
        assert.equal(existsSync(path), false);
      }
      assert.deepEqual(readdirSync(deep), []);
    },
  );

  it("calls the factory in a later turn than listen's resolution", async () => {
    await using at = await folder();
    const order: string[] = [];
    const client = knock(at.at("s"));
    const listening: ListeningPort = await unix({ path: at.at("s") }).listen(() => {
      order.push("factory");
      return null;
    });
    order.push("listening");
    const socket = await client;
    await once(socket.resume(), "close");
    assert.deepEqual(order, ["listening", "factory"]);
    await listening.stopListening();
  });

  it("takes abstract names, and leaves no file (Linux)", onlyLinux, async () => {
    const path = `@overwall-${process.pid}-${Date.now()}`;
    await using both = await pair(path, plain);
    assert.deepEqual(both.port.getHost(), { kind: "unix", path });
    await assert.rejects(unix({ path }).listen(plain), { code: "ERR_WIRE_ADDRESS_IN_USE" });
    both.client.transport.write(Buffer.from("unseen"));
    await both.server.received(6);
    assert.equal(existsSync(path), false);
  });
});

/** Connects to `path` as soon as somebody listens there. */
async function knock(path: string): Promise<Socket> {
  for (;;) {
    const socket = connect({ path });
    const isConnected = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.on("error", () => resolve(false));
    });
    if (isConnected) return socket;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
