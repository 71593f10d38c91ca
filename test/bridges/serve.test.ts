import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, test } from "node:test";
import type { Handler, ServeOptions } from "../../src/bridges/index.ts";
import { Connection, connect, serve } from "../../src/bridges/index.ts";
import type {
  Bytes,
  CloseReason,
  ErrorContext,
  Protocol,
  ProtocolFactory,
  ServerEndpoint,
} from "../../src/contract/index.ts";
import { lines } from "../../src/framing/index.ts";
import type { MemoryTransport } from "../../src/memory/index.ts";
import { loopback, memoryNetwork, VirtualRuntime } from "../../src/memory/index.ts";
import type { Pair } from "./pair.ts";
import { bytes, readAll, stepping, text } from "./pair.ts";

const KIB = 1024;

interface Scene extends Pick<Pair, "runtime" | "until" | "settle"> {
  readonly endpoint: ReturnType<ReturnType<typeof memoryNetwork>["endpoint"]>;
  /** What went to `onError`. */
  readonly errors: { readonly error: unknown; readonly context: ErrorContext }[];
  readonly serving: (
    handler: Handler<MemoryTransport>,
    options?: ServeOptions,
  ) => ReturnType<typeof serve>;
  readonly connecting: () => Promise<Connection<MemoryTransport>>;
}

function scene(): Scene {
  const runtime = new VirtualRuntime();
  const endpoint = memoryNetwork({ runtime }).endpoint("here");
  const errors: { readonly error: unknown; readonly context: ErrorContext }[] = [];
  const steps = stepping(runtime);
  const onError = (error: unknown, context: ErrorContext): void =>
    void errors.push({ error, context });
  return {
    ...steps,
    endpoint,
    errors,
    serving: (handler, options) =>
      steps.until(serve(endpoint, handler, { runtime, onError, ...options })),
    connecting: () => steps.until(connect(endpoint, { runtime })),
  };
}

async function echoLines(peer: Connection): Promise<void> {
  for await (const line of lines(peer)) await peer.send(`${line}\n`);
}

async function echo(peer: Connection): Promise<void> {
  for await (const chunk of peer) await peer.send(chunk);
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => (error as { code?: unknown }).code === code;
}

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
