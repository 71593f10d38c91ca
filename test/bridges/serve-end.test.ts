import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, test } from "node:test";
import { Connection, connect, serve } from "../../src/bridges/index.ts";
import type { Protocol, ProtocolFactory, ServerEndpoint } from "../../src/contract/index.ts";
import type { MemoryTransport } from "../../src/memory/index.ts";
import { loopback } from "../../src/memory/index.ts";
import { bytes, hasCode, readAll, text } from "./pair.ts";
import { echo, scene } from "./serve-scene.ts";

describe("a server", () => {
  test("waits for its handlers when closed, and takes no new peer meanwhile", async () => {
    const { serving, connecting, until, settle, errors, endpoint, runtime } = scene();
    const server = await serving(echo);
    const client = await connecting();
    const closing = server.close({ graceMs: 60_000 });
    await settle();
    await assert.rejects(until(connect(endpoint, { runtime })), hasCode("ERR_WIRE_REFUSED"));
    await until(client.send("still served"));
    assert.equal(text(await until(client.read())), "still served");
    await until(client.close());
    await until(closing);
    assert.ok(runtime.clock.now() < 60_000);
    assert.equal(runtime.scheduled, 0, "no timer is left behind");
    assert.equal(await server.closed, null);
    assert.equal(server.connections, 0);
    assert.deepEqual(errors, []);
  });

  test("cuts who is still there after graceMs, and the cut is no news for onError", async () => {
    const { serving, connecting, until, runtime, errors } = scene();
    const server = await serving(echo);
    const client = await connecting();
    await until(server.close({ graceMs: 3000 }));
    assert.equal(runtime.clock.now(), 3000);
    await assert.rejects(until(client.read()), hasCode("ERR_WIRE_RESET"));
    assert.deepEqual(errors, []);
  });

  test("is over after the grace though handlers never return, peer or no peer", async () => {
    const { serving, connecting, until, settle } = scene();
    const server = await serving(() => new Promise<void>(() => undefined));
    const stays = await connecting();
    const goes = await connecting();
    goes.abort();
    await until(goes.closed);
    await settle();
    assert.equal(server.connections, 2);
    await until(server.close({ graceMs: 1000 }));
    assert.equal(server.connections, 0);
    await until(stays.closed);
  });

  test("is stopped by its signal as by close", async () => {
    const { serving, connecting, until } = scene();
    const stop = new AbortController();
    const server = await serving(echo, { signal: stop.signal, graceMs: 0 });
    const client = await connecting();
    stop.abort();
    assert.equal(await until(server.closed), null);
    await assert.rejects(until(client.read()), hasCode("ERR_WIRE_RESET"));
  });

  test("that was closed otherwise leaves no listener at its signal", async () => {
    const { serving, until } = scene();
    const { signal } = new AbortController();
    const server = await serving(echo, { signal });
    assert.equal(getEventListeners(signal, "abort").length, 1);
    await until(server.close());
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });

  test("is not there when its signal is aborted in the moment it listens", async () => {
    const { endpoint, runtime, until } = scene();
    const stop = new AbortController();
    const late: ServerEndpoint<MemoryTransport> = {
      async listen(factory, options) {
        const port = await endpoint.listen(factory, options);
        stop.abort(new Error("too late"));
        return port;
      },
    };
    await assert.rejects(until(serve(late, echo, { runtime, signal: stop.signal })), /too late/);
    await assert.rejects(until(connect(endpoint, { runtime })), hasCode("ERR_WIRE_REFUSED"));
  });

  test("that is over cuts a peer whose connection is made only then", async () => {
    const { endpoint, runtime, until, settle } = scene();
    let make: ProtocolFactory<MemoryTransport> | null = null;
    const slow: ServerEndpoint<MemoryTransport> = {
      listen(factory, options) {
        make = factory;
        return endpoint.listen(factory, options);
      },
    };
    const server = await until(serve(slow, echo, { runtime }));
    await until(server.close({ graceMs: 0 }));
    const protocol = (make as ProtocolFactory<MemoryTransport> | null)?.({
      kind: "memory",
      name: "x",
    });
    const client = new Connection({ runtime });
    loopback(client, protocol as Protocol, { runtime });
    await assert.rejects(until(client.read()), hasCode("ERR_WIRE_RESET"));
    await settle();
    assert.equal(server.connections, 0);
  });

  test("is not there when its signal was aborted before", async () => {
    const { serving, endpoint, runtime, until } = scene();
    const signal = AbortSignal.abort(new Error("never mind"));
    await assert.rejects(serving(echo, { signal }), /never mind/);
    await assert.rejects(until(connect(endpoint, { runtime })), hasCode("ERR_WIRE_REFUSED"));
  });

  test("that cannot listen rejects with the reason", async () => {
    const { serving, until } = scene();
    const server = await serving(echo);
    await assert.rejects(serving(echo), hasCode("ERR_WIRE_ADDRESS_IN_USE"));
    await until(server.close());
  });

  test("goes on though onError throws", async () => {
    const { serving, connecting, until } = scene();
    const server = await serving(
      () => {
        throw new Error("handler");
      },
      {
        onError: () => {
          throw new Error("onError");
        },
      },
    );
    for (let i = 0; i < 2; i++) {
      const client = await connecting();
      await assert.rejects(until(client.read()), hasCode("ERR_WIRE_RESET"));
    }
    await until(server.close());
  });

  test("tells where it listens, also when it is over, and `await using` stops it", async () => {
    const { serving, until, endpoint, runtime } = scene();
    await until(
      (async () => {
        await using server = await serve(endpoint, echo, { runtime });
        assert.deepEqual(server.getHost(), { kind: "memory", name: "here" });
      })(),
    );
    const server = await serving(echo);
    await until(server.close());
    await server.close();
    assert.equal(runtime.scheduled, 0, "no timer is left behind");
    assert.deepEqual(server.getHost(), { kind: "memory", name: "here" });
  });

  test("wrong arguments throw before anything listens", async () => {
    const { serving, until } = scene();
    await assert.rejects(serving(5 as never), TypeError);
    await assert.rejects(serving(echo, { graceMs: Number.NaN }), RangeError);
    const server = await serving(echo);
    assert.throws(() => server.close({ graceMs: -1 }), RangeError);
    await until(server.close());
  });
});

describe("an endpoint that only connects", () => {
  test("has its one other end served, and the server is over with it", async () => {
    const { endpoint, runtime, until, serving } = scene();
    const seen: (string | null)[] = [];
    const far = await serving(async (peer) => {
      await peer.send("from the other end");
      seen.push(text(await peer.read()));
    });
    const onlyConnects = { connect: endpoint.connect.bind(endpoint) };
    const server = await until(
      serve(
        onlyConnects,
        async (peer) => {
          await peer.send(`got ${text(await peer.read())}`);
        },
        { runtime },
      ),
    );
    assert.equal(server.connections, 1);
    assert.equal(server.getHost().kind, "memory");
    assert.equal(await until(server.closed), null);
    assert.deepEqual(seen, ["got from the other end"]);
    await until(server.close());
    await until(far.close());
  });

  test("that does not answer rejects with the reason", async () => {
    const { endpoint, runtime, until } = scene();
    const onlyConnects = { connect: endpoint.connect.bind(endpoint) };
    await assert.rejects(
      until(serve(onlyConnects, echo, { runtime })),
      hasCode("ERR_WIRE_REFUSED"),
    );
    assert.equal(runtime.scheduled, 0);
  });
});

describe("connect", () => {
  test("gives the connection before a byte is lost, none when its signal was aborted", async () => {
    const { serving, endpoint, runtime, until } = scene();
    const server = await serving(async (peer) => {
      await peer.send(bytes("first bytes"));
    });
    const client = await until(connect(endpoint, { runtime }));
    assert.equal(await until(readAll(client)), "first bytes");
    const signal = AbortSignal.abort(new Error("never mind"));
    await assert.rejects(until(connect(endpoint, { runtime, signal })), /never mind/);
    void client.close();
    await until(server.close());
  });
});
