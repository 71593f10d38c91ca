import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Connection, connect, serve } from "../../src/bridges/index.ts";
import type { Bytes, CloseReason, Protocol } from "../../src/contract/index.ts";
import { lines } from "../../src/framing/index.ts";
import { memoryNetwork } from "../../src/memory/index.ts";
import { hasCode, readAll, text } from "./pair.ts";
import { echo, echoLines, scene } from "./serve-scene.ts";

const KIB = 1024;

describe("a served peer", () => {
  test("that sends two lines and ends its side at once gets both answers, every time", async () => {
    const { serving, endpoint, runtime, until, errors } = scene();
    const server = await serving(echoLines);
    const answers = await until(
      Promise.all(
        Array.from({ length: 100 }, async (_, i) => {
          await using peer = await connect(endpoint, { runtime });
          void peer.send(`line ${i}\nand `);
          void peer.send("another");
          void peer.end();
          return await readAll(peer);
        }),
      ),
    );
    assert.deepEqual(
      answers,
      Array.from({ length: 100 }, (_, i) => `line ${i}\nand another\n`),
    );
    await until(server.close());
    assert.deepEqual(errors, []);
  });

  test("is answered in real turns as in virtual ones", async () => {
    const endpoint = memoryNetwork().endpoint("here");
    await using server = await serve(endpoint, echoLines, { graceMs: 0 });
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        await using peer = await connect(endpoint);
        await peer.send(`${i}\n`);
        await peer.end();
        return await readAll(peer);
      }),
    );
    assert.deepEqual(
      answers,
      Array.from({ length: 20 }, (_, i) => `${i}\n`),
    );
    assert.equal(server.getHost().kind, "memory");
  });

  test("that floods and never reads costs the server its marks and no more", async () => {
    const { serving, connecting, settle, until } = scene();
    let served: Connection | null = null;
    const server = await serving((peer) => {
      served = peer;
      return echo(peer);
    });
    const client = await connecting();
    client.transport.pauseProducing();
    let sent = 0;
    const flood = (async () => {
      for (; sent < 1000; sent++) await client.send(new Uint8Array(64 * KIB));
    })().catch(() => undefined);
    await settle();
    assert.ok(served !== null);
    const { transport, unreadBytes } = served as Connection;
    const { unsent, undelivered } = transport.ledger;
    const held = unsent + undelivered + unreadBytes;
    const marks = 1024 * KIB + 2 * 256 * KIB;
    assert.ok(held <= marks + 3 * 64 * KIB, `${held} bytes held`);
    assert.ok(sent < 100, `${sent} chunks taken`);
    client.abort();
    await until(flood);
    await until(server.close());
  });

  test("is closed in order when its handler returns, after all that it was sent", async () => {
    const { serving, connecting, until, errors } = scene();
    const server = await serving((peer) => void peer.send("welcome and goodbye"));
    const client = await connecting();
    assert.equal(await until(readAll(client)), "welcome and goodbye");
    await until(client.close());
    await until(server.close());
    assert.deepEqual(errors, []);
  });

  test("is cut when its handler throws, which onError is told; no other peer notices", async () => {
    const { serving, connecting, until, errors } = scene();
    const server = await serving(async (peer) => {
      for await (const line of lines(peer)) {
        if (line === "bad") throw new Error("no such command");
        await peer.send(`${line}\n`);
      }
    });
    const good = await connecting();
    const bad = await connecting();
    await until(bad.send("bad\n"));
    await assert.rejects(until(bad.read()), hasCode("ERR_WIRE_RESET"));
    await until(good.send("good\n"));
    assert.equal(text(await until(good.read())), "good\n");
    const [first, ...others] = errors;
    assert.match(String(first?.error), /no such command/);
    assert.equal(first?.context.during, "handler");
    assert.equal(first?.context.peer?.kind, "memory");
    assert.deepEqual(others, []);
    void good.close();
    await until(server.close());
  });

  test("whose handler throws at once, without a promise, is cut as well", async () => {
    const { serving, connecting, until, errors } = scene();
    const server = await serving(() => {
      throw new Error("at once");
    });
    const client = await connecting();
    await assert.rejects(until(client.read()), hasCode("ERR_WIRE_RESET"));
    assert.equal(errors.length, 1);
    await until(server.close());
  });

  test("that resets while its handler waits ends that handler, and nothing else", async () => {
    const { serving, connecting, until, settle, errors } = scene();
    const server = await serving(echo);
    const client = await connecting();
    client.abort();
    await until(client.closed);
    await settle();
    assert.equal(server.connections, 0);
    assert.equal(errors.length, 1);
    assert.ok(hasCode("ERR_WIRE_RESET")(errors[0]?.error));
    const another = await connecting();
    await until(another.send("x"));
    assert.equal(text(await until(another.read())), "x");
    void another.close();
    await until(server.close());
  });

  test("finds its handler started in a later microtask than its connection", async () => {
    const { serving, connecting, until } = scene();
    const order: string[] = [];
    const observer = { opened: () => queueMicrotask(() => order.push("microtask of the opening")) };
    const server = await serving(() => void order.push("handler"), { observer });
    const client = await connecting();
    await until(readAll(client));
    assert.deepEqual(order, ["microtask of the opening", "handler"]);
    void client.close();
    await until(server.close());
  });

  test("handed over stays with the next protocol, and the server counts it", async () => {
    const { serving, connecting, until, settle } = scene();
    const got: string[] = [];
    const next: Protocol & { reason?: CloseReason } = {
      connectionMade: () => undefined,
      dataReceived: (data: Bytes) => void got.push(String(text(data))),
      connectionLost: () => undefined,
    };
    const server = await serving(async (peer) => {
      for await (const line of lines(peer)) if (line === "upgrade") break;
      peer.switchProtocol(next);
    });
    const client = await connecting();
    await until(client.send("upgrade\nraw"));
    await settle();
    await until(client.send(" bytes"));
    await settle();
    assert.equal(got.join(""), "raw bytes");
    assert.equal(server.connections, 1);
    await until(client.close());
    await settle();
    assert.equal(server.connections, 0);
    await until(server.close());
  });
});

test("a handler that throws after handing its peer over spares it, and is told of", async () => {
  const { serving, connecting, until, settle, runtime, errors } = scene();
  const next = new Connection({ runtime });
  const server = await serving((peer) => {
    peer.switchProtocol(next);
    throw new Error("afterwards");
  });
  const client = await connecting();
  await settle();
  assert.equal(errors.length, 1);
  await until(client.send("still here"));
  assert.equal(text(await until(next.read())), "still here");
  void next.close();
  await until(client.close());
  await until(server.close());
});
