import assert from "node:assert/strict";
import { openSync } from "node:fs";
import { before, describe, it } from "node:test";
import type {
  Detached,
  EndpointOptions,
  TcpTransport,
  WireError,
} from "../../../src/contract/index.ts";
import { observe } from "../../../src/flow/index.ts";
import { addon } from "../../../src/wires/_drivers/native/addon.ts";
import { adoptTcp, tcp } from "../../../src/wires/tcp/index.ts";
import type { Pair } from "../recording-protocol.ts";
import { HalfCloseAware, pairOver, patterned } from "../recording-protocol.ts";
import { onlyNative, openCount, turns } from "../unix/descriptor-rig.ts";

class Recording extends HalfCloseAware<TcpTransport> {}

function pair(options: EndpointOptions = {}): Promise<Pair<Recording, TcpTransport>> {
  return pairOver(
    tcp({ port: 0, driver: "native" }),
    (port) => tcp({ port: (port.getHost() as { readonly port: number }).port, driver: "native" }),
    () => new Recording(),
    options,
  );
}

async function adopt({ fd, unread }: Detached): Promise<Recording> {
  return adoptTcp({ fd, unread }).connect(new Recording());
}

describe("tcp: a live connection that is given away", onlyNative, () => {
  // The reactor is made once.
  before(async () => {
    await using _both = await pair();
  });

  it("loses no byte either way, while both sides talk", async () => {
    await using both = await pair();
    const data = patterned(3 * 1024 * 1024);
    const { client, server } = both;
    client.transport.write(data);
    client.transport.loseWriteConnection();
    server.transport.write(data.subarray(0, 1024 * 1024));
    await server.received(100_000);
    const detached = await server.transport.detach();
    const first = Buffer.from(server.bytes);
    const taken = await adopt(detached);
    taken.transport.write(data.subarray(1024 * 1024));
    await taken.readEnded;
    taken.transport.loseConnection();
    assert.ok(Buffer.concat([first, taken.bytes]).equals(data));
    assert.equal((await taken.lost).kind, "done");
    assert.equal((await client.lost).kind, "done");
    assert.ok(client.bytes.equals(data));
    server.connectionLost(await taken.lost);
  });

  it("carries what was read and kept from a paused protocol", async () => {
    await using both = await pair();
    const { client, server } = both;
    client.transport.write(Buffer.from("first"));
    await server.received(5);
    server.transport.pauseProducing();
    client.transport.write(Buffer.from(" second"));
    await client.transport.flushed();
    await turns();
    const taken = await adopt(await server.transport.detach());
    client.transport.loseConnection();
    await taken.readEnded;
    taken.transport.loseConnection();
    assert.equal(server.bytes.toString(), "first");
    assert.equal(taken.bytes.toString(), " second");
    await Promise.all([taken.lost, client.lost]);
    server.connectionLost(await taken.lost);
  });

  it("keeps the peer's end in the socket, for who takes it up", async () => {
    await using both = await pair();
    const { client, server } = both;
    client.transport.write(Buffer.from("bye"));
    client.transport.loseWriteConnection();
    await server.readEnded;
    const taken = await adopt(await server.transport.detach());
    await taken.readEnded;
    taken.transport.write(Buffer.from("still here"));
    taken.transport.loseConnection();
    await client.readEnded;
    assert.equal(client.bytes.toString(), "still here");
    server.connectionLost(await taken.lost);
  });

  it("keeps our own end, and what comes after it is read by who takes it up", async () => {
    await using both = await pair();
    const { client, server } = both;
    server.transport.write(Buffer.from("bye"));
    server.transport.loseWriteConnection();
    const taken = await adopt(await server.transport.detach());
    await client.readEnded;
    client.transport.write(Buffer.from("and to you"));
    client.transport.loseWriteConnection();
    await taken.readEnded;
    assert.equal(client.bytes.toString(), "bye");
    assert.equal(taken.bytes.toString(), "and to you");
    taken.transport.loseConnection();
    server.connectionLost(await taken.lost);
  });

  it("rejects when both directions have ended: nothing is left to give", async () => {
    await using both = await pair();
    const { client, server } = both;
    server.transport.loseWriteConnection();
    client.transport.loseWriteConnection();
    await client.readEnded;
    await assert.rejects(client.transport.detach(), { code: "ERR_WIRE_CLOSED" });
  });

  it("tells the peer our end though somebody else holds the socket still", async () => {
    await using both = await pair();
    const { client, server } = both;
    const detached = await server.transport.detach();
    const held = addon().duplicate(detached.fd);
    const taken = await adopt(detached);
    client.transport.loseWriteConnection();
    await taken.readEnded;
    taken.transport.loseConnection();
    await client.readEnded;
    addon().closeDescriptor(held);
    server.connectionLost(await taken.lost);
  });

  it("tells the protocol nothing more, and lets nothing slip past", async () => {
    await using both = await pair();
    const { client, server } = both;
    const detaching = server.transport.detach();
    assert.throws(() => server.transport.write(Buffer.from("late")), { code: "ERR_WIRE_CLOSED" });
    await assert.rejects(server.transport.detach(), { code: "ERR_WIRE_CLOSED" });
    client.transport.write(Buffer.from("x"));
    const taken = await adopt(await detaching);
    await taken.received(1);
    assert.deepEqual(server.calls, ["made"]);
    client.transport.loseConnection();
    await taken.readEnded;
    taken.transport.loseConnection();
    server.connectionLost(await taken.lost);
  });

  it("sends what was written before, even to a slow reader", async () => {
    await using both = await pair();
    const { client, server } = both;
    const data = patterned(16 * 1024 * 1024);
    client.transport.pauseProducing();
    server.transport.write(data);
    const detaching = server.transport.detach();
    await turns(50);
    client.transport.resumeProducing();
    const taken = await adopt(await detaching);
    taken.transport.loseConnection();
    await client.readEnded;
    client.transport.loseConnection();
    assert.ok(client.bytes.equals(data));
    server.connectionLost(await taken.lost);
  });

  it("rejects on a connection that ends meanwhile, and keeps no descriptor", async () => {
    const openBefore = openCount();
    {
      await using both = await pair();
      const { client, server } = both;
      client.transport.pauseProducing();
      server.transport.pauseProducing();
      client.transport.write(Buffer.from("never delivered"));
      server.transport.write(new Uint8Array(16 * 1024 * 1024));
      await turns();
      const detaching = server.transport.detach();
      await turns();
      client.transport.abortConnection();
      await assert.rejects(detaching, { code: "ERR_WIRE_CLOSED" });
      server.connectionLost(await client.lost);
    }
    await turns();
    assert.equal(openCount(), openBefore);
  });

  it("reads nothing while it waits for a peer that floods and does not read", async () => {
    await using both = await pair();
    const { client, server } = both;
    const written = new Uint8Array(16 * 1024 * 1024);
    const flood = patterned(32 * 1024 * 1024);
    client.transport.pauseProducing();
    server.transport.write(written);
    const detaching = server.transport.detach();
    client.transport.write(flood);
    await turns(300);
    assert.ok(server.transport.ledger.received <= 1024 * 1024, "it was read all the same");
    client.transport.resumeProducing();
    const detached = await detaching;
    assert.ok(detached.unread.byteLength <= 1024 * 1024, "there was more unread");
    const taken = await adopt(detached);
    await client.received(written.byteLength);
    client.transport.loseConnection();
    await taken.readEnded;
    taken.transport.loseConnection();
    assert.ok(taken.bytes.equals(flood));
    server.connectionLost(await taken.lost);
  });

  it("does not wait longer than stallMs for a peer that takes nothing", async () => {
    await using both = await pair({ limits: { stallMs: 100 } });
    const { client, server } = both;
    client.transport.pauseProducing();
    client.transport.setLimits({ stallMs: Number.POSITIVE_INFINITY });
    server.transport.write(new Uint8Array(16 * 1024 * 1024));
    await assert.rejects(server.transport.detach(), (error: WireError) => {
      assert.equal(error.code, "ERR_WIRE_CLOSED");
      assert.equal((error.cause as WireError).code, "ERR_WIRE_STALL");
      return true;
    });
    server.connectionLost(await client.lost);
  });

  it("rejects though it is let go of in the turn before it is taken", async () => {
    await using both = await pair();
    const { client, server } = both;
    observe(server.transport, {
      resumed: () => queueMicrotask(() => server.transport.abortConnection()),
    });
    await assert.rejects(server.transport.detach(), { code: "ERR_WIRE_CLOSED" });
    server.connectionLost(await client.lost);
  });

  it("is refused where the driver cannot", async () => {
    const server = new Recording();
    await using port = await tcp({ port: 0, driver: "portable" }).listen(() => server);
    const { port: number } = port.getHost() as { readonly port: number };
    const client = await tcp({ port: number, driver: "portable" }).connect(new Recording());
    await assert.rejects(client.transport.detach(), { code: "ERR_WIRE_UNSUPPORTED" });
    client.transport.loseConnection();
    await server.readEnded;
    server.transport.loseConnection();
    await client.lost;
  });

  it("adopts nothing but a connected TCP socket, and keeps nothing else", async () => {
    const openBefore = openCount();
    for (const wrong of [-1, 0.5, Number.NaN]) {
      assert.throws(() => adoptTcp({ fd: wrong }), RangeError);
    }
    assert.throws(() => adoptTcp({ fd: 1, unread: "text" as never }), TypeError);
    for (const path of ["/dev/null", "package.json"]) {
      const fd = openSync(path, "r");
      await assert.rejects(adoptTcp({ fd }).connect(new Recording()), /Cannot connect to/);
    }
    await turns();
    assert.equal(openCount(), openBefore);
  });
});
