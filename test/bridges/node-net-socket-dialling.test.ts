import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import type { Connection } from "../../src/bridges/index.ts";
import { connect } from "../../src/bridges/index.ts";
import { toNetSocket } from "../../src/bridges/node-streams.ts";
import { memoryNetwork } from "../../src/memory/index.ts";
import { tcp } from "../../src/wires/tcp/index.ts";
import { unix } from "../../src/wires/unix/index.ts";
import { Scratch } from "../interop/scratch.ts";
import { freePort } from "../interop/socket-address.ts";
import { countAll, inMemory, over, places, turns } from "./bridged.ts";

// Pools and agents want a socket at once, and a connection later.
describe("a socket of toNetSocket, given the promise of a connection", () => {
  for (const { name, make } of places) {
    test(`connects when it comes, and sends what was written before, over ${name}`, async () => {
      await using place = make();
      const { near, far } = await over(place);
      let arrive!: (near: Connection) => void;
      const socket = toNetSocket(new Promise<Connection>((resolve) => (arrive = resolve)));
      let called = 0;
      socket.connect(5432, "db.example", () => {
        called += 1;
      });
      socket.setNoDelay().setKeepAlive(true).unref().write(new Uint8Array(100_000));
      await turns();
      const before = [socket.connecting, socket.pending, socket.readyState];
      assert.deepEqual(before, [true, true, "opening"]);
      arrive(near);
      await once(socket, "ready");
      assert.deepEqual([socket.connecting, socket.readyState, called], [false, "open", 1]);
      socket.resume().end();
      assert.equal(await countAll(far), 100_000);
      assert.equal((await far.close()).kind, "done");
    });
  }

  test("fails with the system's code when there is no connection to be had", async () => {
    using scratch = new Scratch();
    const port = await freePort();
    const dials = [
      [() => connect(tcp({ port })), "ECONNREFUSED"],
      [() => connect(unix({ path: scratch.path("nobody") })), "ENOENT"],
      [() => connect(memoryNetwork().endpoint("nobody")), "ECONNREFUSED"],
      [() => connect(tcp({ host: "db.example", port, lookup: async () => [] })), "ENODATA"],
    ] as const;
    for (const [dial, code] of dials) {
      const socket = toNetSocket(dial());
      const closed = new Promise((resolve) => socket.once("close", resolve));
      const [error] = await once(socket, "error");
      assert.equal(error.code, code);
      assert.match(error.cause.code, /^ERR_WIRE_/);
      assert.equal(await closed, true);
    }
  });

  test("fails with what it was stopped with, as it is", async () => {
    const stop = new AbortController();
    const { signal } = stop;
    const slow = tcp({ host: "db.example", port: 1, lookup: () => never });
    const socket = toNetSocket(connect(slow, { signal }));
    const reason = new Error("no longer wanted");
    stop.abort(reason);
    assert.equal((await once(socket, "error"))[0], reason);
  });

  test("fails when it is promised something else", async () => {
    const [error] = await once(toNetSocket(Promise.resolve({} as never)), "error");
    assert.ok(error instanceof TypeError);
  });

  test("that is destroyed first closes at once, and cuts what comes later", async () => {
    const { near, far } = inMemory();
    let arrive!: (near: Connection) => void;
    const socket = toNetSocket(new Promise<Connection>((resolve) => (arrive = resolve)));
    await turns();
    const mine = new Error("timeout expired");
    socket.destroy(mine);
    assert.equal((await once(socket, "error"))[0], mine);
    assert.equal(socket.closed, true);
    arrive(near);
    assert.equal((await far.closed).code, "ERR_WIRE_RESET");
  });

  test("that is destroyed first takes a later refusal in silence", async () => {
    let refuse!: (error: Error) => void;
    const socket = toNetSocket(
      new Promise<Connection>((_, reject) => {
        refuse = reject;
      }),
    );
    await once(socket.destroy(), "close");
    refuse(new Error("nobody is there"));
    await turns();
    assert.equal(socket.errored, null);
  });
});

const never: Promise<never> = new Promise(() => undefined);
