import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Bytes, ErrorContext, Protocol, Transport } from "../../src/contract/index.ts";
import type { MemoryNetwork } from "../../src/memory/index.ts";
import { AccumulatingProtocol, memoryNetwork, VirtualRuntime } from "../../src/memory/index.ts";
import { decode, encode } from "./bytes.ts";

class Echo implements Protocol {
  #transport: Transport | null = null;
  connectionMade(transport: Transport): void {
    this.#transport = transport;
  }
  dataReceived(data: Bytes): void {
    this.#transport?.write(data);
  }
  connectionLost(): void {}
}

const echo = (): Protocol => new Echo();

interface Net {
  readonly runtime: VirtualRuntime;
  readonly network: MemoryNetwork;
}

function virtual(): Net {
  const runtime = new VirtualRuntime();
  return { runtime, network: memoryNetwork({ runtime }) };
}

/** Waits for `promise` while the virtual world goes on. */
async function within<T>(runtime: VirtualRuntime, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  promise.then(settle, settle);
  await runtime.run(() => isSettled);
  return promise;
}

describe("memoryNetwork", () => {
  it("carries bytes between a client and a server found by name, in real time too", async () => {
    const network = memoryNetwork();
    await using port = await network.endpoint("echo").listen(echo);
    const client = await network.endpoint("echo").connect(new AccumulatingProtocol());
    client.transport?.write(encode("hello"));
    client.transport?.loseConnection();
    const reason = await client.lost;
    assert.equal(reason.kind, "done");
    assert.equal(port.getHost().kind, "memory");
  });

  it("refuses a name that nobody listens on, saying whom it tried", async () => {
    const { network, runtime } = virtual();
    const client = new AccumulatingProtocol();
    const error: unknown = await within(runtime, network.endpoint("none").connect(client)).catch(
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof Error);
    const { code, attempts } = error as Error & { code: string; attempts: unknown[] };
    assert.equal(code, "ERR_WIRE_REFUSED");
    assert.equal(attempts.length, 1);
    assert.match(error.message, /memory:\/\/none/);
    assert.equal(client.made, 0);
    assert.equal(runtime.scheduled, 0, "the time limit is called off");
  });

  it("refuses to listen twice on a name, until the first has stopped", async () => {
    const { network, runtime } = virtual();
    const first = await network.endpoint("a").listen(echo);
    const other = await network.endpoint("b").listen(echo);
    await assert.rejects(network.endpoint("a").listen(echo), { code: "ERR_WIRE_ADDRESS_IN_USE" });
    await first.stopListening();
    const again = await network.endpoint("a").listen(echo);
    await within(runtime, network.endpoint("a").connect(new AccumulatingProtocol()));
    assert.deepEqual([first.connections, again.connections, other.connections], [0, 1, 0]);
  });

  it("is a world of its own: another network knows none of its names", async () => {
    const { network, runtime } = virtual();
    await memoryNetwork({ runtime }).endpoint("here").listen(echo);
    const connecting = network.endpoint("here").connect(new AccumulatingProtocol());
    await assert.rejects(within(runtime, connecting), { code: "ERR_WIRE_REFUSED" });
  });

  it("resolves to the very protocol once connectionMade returned, with no data before its microtasks", async () => {
    const { network, runtime } = virtual();
    const greeter = (): Protocol => ({
      connectionMade: (transport) => transport.write(encode("greeting")),
      dataReceived: () => {},
      connectionLost: () => {},
    });
    await network.endpoint("greet").listen(greeter);
    const client = new AccumulatingProtocol();
    const log: string[] = [];
    const received = client.dataReceived.bind(client);
    client.dataReceived = (data) => {
      log.push("data");
      received(data);
    };
    const connected = network.endpoint("greet").connect(client);
    void connected.then(async (protocol) => {
      assert.equal(protocol, client);
      log.push(`connected ${protocol.made}`);
      await Promise.resolve();
      await Promise.resolve();
      log.push("microtasks");
    });
    await runtime.run();
    assert.deepEqual(log, ["connected 1", "microtasks", "data"]);
  });

  it("calls the factory in a later turn than listen, with the true peer", async () => {
    const { network, runtime } = virtual();
    const peers: unknown[] = [];
    const connecting = network.endpoint("x").connect(new AccumulatingProtocol());
    const listening = network.endpoint("x").listen((peer) => {
      peers.push(peer);
      return new Echo();
    });
    assert.deepEqual(peers, []);
    await listening;
    assert.deepEqual(peers, []);
    const client = await within(runtime, connecting);
    assert.deepEqual(peers, [{ kind: "memory", name: "x#1" }]);
    assert.deepEqual(client.transport?.getHost(), { kind: "memory", name: "x#1" });
    assert.deepEqual(client.transport?.getPeer(), { kind: "memory", name: "x" });
  });

  it("resets the client that a factory refuses by null, after connecting it", async () => {
    const { network, runtime } = virtual();
    const port = await network.endpoint("no").listen(() => null);
    const client = await within(
      runtime,
      network.endpoint("no").connect(new AccumulatingProtocol()),
    );
    await runtime.run();
    assert.equal(client.closedReason?.code, "ERR_WIRE_RESET");
    assert.equal(port.connections, 0);
    assert.deepEqual(network.connections, []);
  });

  it("gives what a factory throws to onError, and listens on", async () => {
    const { network, runtime } = virtual();
    const errors: unknown[] = [];
    let calls = 0;
    const factory = (): Protocol => {
      if (++calls === 1) throw new Error("mine");
      return new Echo();
    };
    const onError = (error: unknown, { during }: ErrorContext): void =>
      void errors.push([during, (error as Error).message]);
    await network.endpoint("x").listen(factory, { onError });
    const first = await within(runtime, network.endpoint("x").connect(new AccumulatingProtocol()));
    const second = await within(runtime, network.endpoint("x").connect(new AccumulatingProtocol()));
    await runtime.run();
    assert.deepEqual(errors, [["factory", "mine"]]);
    assert.equal(first.closedReason?.code, "ERR_WIRE_RESET");
    assert.equal(second.closed, 0);
  });

  it("rejects a connect whose connectionMade throws, with that error", async () => {
    const { network, runtime } = virtual();
    await network.endpoint("x").listen(echo);
    const client = new AccumulatingProtocol();
    const error = new Error("mine");
    client.connectionMade = () => {
      throw error;
    };
    await assert.rejects(within(runtime, network.endpoint("x").connect(client)), error);
    await runtime.run();
    assert.equal(client.closedReason?.code, "ERR_WIRE_PROTOCOL_THREW");
    assert.deepEqual(network.connections, []);
  });

  it("lets connects wait while accepting is paused, in their order", async () => {
    const { network, runtime } = virtual();
    const port = await network.endpoint("x").listen(echo);
    port.pauseAccepting();
    const clients = [new AccumulatingProtocol(), new AccumulatingProtocol()];
    const connecting = clients.map((client) => network.endpoint("x").connect(client));
    runtime.advance(1000);
    assert.deepEqual([clients[0]?.made, port.connections], [0, 0]);
    port.resumeAccepting();
    assert.equal(clients[0]?.made, 0, "nobody is told inside resumeAccepting");
    await within(runtime, Promise.all(connecting));
    assert.equal(port.connections, 2);
    assert.deepEqual(
      clients.map(({ transport }) => transport?.getHost()),
      [
        { kind: "memory", name: "x#1" },
        { kind: "memory", name: "x#2" },
      ],
    );
  });

  it("serves at most maxConnections at once, and the next when one has ended", async () => {
    const { network, runtime } = virtual();
    const options = { limits: { maxConnections: 2 } };
    const port = await network.endpoint("x").listen(echo, options);
    const clients = Array.from({ length: 3 }, () => new AccumulatingProtocol());
    const connecting = clients.map((client) => network.endpoint("x").connect(client));
    runtime.advance(1000);
    assert.deepEqual(
      clients.map(({ made }) => made),
      [1, 1, 0],
    );
    assert.equal(port.connections, 2);
    clients[0]?.transport?.loseConnection();
    await within(runtime, Promise.all(connecting));
    assert.equal(clients[2]?.made, 1);
    assert.equal(port.connections, 2);
  });

  it("gives up a connect that is not accepted in time", async () => {
    const { network, runtime } = virtual();
    const port = await network.endpoint("x").listen(echo);
    port.pauseAccepting();
    const client = new AccumulatingProtocol();
    const limits = { connectTimeoutMs: 5000 };
    const connecting = network.endpoint("x").connect(client, { limits });
    await assert.rejects(within(runtime, connecting), { code: "ERR_WIRE_TIMEOUT" });
    assert.equal(runtime.clock.now(), 5000);
    port.resumeAccepting();
    await runtime.run();
    assert.deepEqual([client.made, port.connections], [0, 0]);
  });

  it("can be called off until connectionMade, and leaves nothing behind", async () => {
    const { network, runtime } = virtual();
    const port = await network.endpoint("x").listen(echo);
    const client = new AccumulatingProtocol();
    const abort = new AbortController();
    const connecting = network.endpoint("x").connect(client, { signal: abort.signal });
    const reason = new Error("changed my mind");
    abort.abort(reason);
    await assert.rejects(within(runtime, connecting), reason);
    await runtime.run();
    assert.deepEqual([client.made, port.connections, runtime.scheduled], [0, 0, 0]);
    const { signal } = abort;
    await assert.rejects(network.endpoint("x").connect(client, { signal }), reason);
    await assert.rejects(network.endpoint("y").listen(echo, { signal }), reason);
    await network.endpoint("y").listen(echo);
  });

  it("does not mind a signal that aborts when the connection is made", async () => {
    const { network, runtime } = virtual();
    await network.endpoint("x").listen(echo);
    const abort = new AbortController();
    const { signal } = abort;
    const connecting = network.endpoint("x").connect(new AccumulatingProtocol(), { signal });
    const client = await within(runtime, connecting);
    abort.abort();
    client.transport?.write(encode("still here"));
    runtime.advance(0);
    assert.equal(decode(client.data), "still here");
  });

  it("stops listening without touching its connections; those who wait are refused", async () => {
    const { network, runtime } = virtual();
    const port = await network.endpoint("x").listen(echo);
    const client = await within(runtime, network.endpoint("x").connect(new AccumulatingProtocol()));
    port.pauseAccepting();
    const waiting = network.endpoint("x").connect(new AccumulatingProtocol());
    runtime.advance(0);
    const stopping = port.stopListening();
    assert.equal(port.stopListening(), stopping);
    await stopping;
    assert.equal(await port.closed, null);
    await assert.rejects(within(runtime, waiting), { code: "ERR_WIRE_REFUSED" });
    client.transport?.write(encode("still served"));
    runtime.advance(0);
    assert.equal(decode(client.data), "still served");
    assert.deepEqual(port.getHost(), { kind: "memory", name: "x" });
    assert.equal(port.connections, 1);
  });

  it("shows both ends of every connection until both have ended", async () => {
    const { network, runtime } = virtual();
    await network.endpoint("x").listen(echo);
    const client = await within(runtime, network.endpoint("x").connect(new AccumulatingProtocol()));
    const [connection, ...others] = network.connections;
    assert.equal(connection?.name, "x");
    assert.equal(connection?.client, client.transport);
    assert.deepEqual(connection?.server.getPeer(), client.transport?.getHost());
    assert.deepEqual(others, []);
    client.transport?.loseConnection();
    await runtime.run();
    assert.deepEqual(network.connections, []);
    assert.equal(runtime.scheduled, 0);
  });

  it("uses the limits and observers of each side's call", async () => {
    const { network, runtime } = virtual();
    const opened: string[] = [];
    const watching = (side: string) => ({ observer: () => ({ opened: () => opened.push(side) }) });
    await network.endpoint("x").listen(echo, watching("server"));
    const limits = { idleMs: 1000 };
    const options = { ...watching("client"), limits };
    const connecting = network.endpoint("x").connect(new AccumulatingProtocol(), options);
    const client = await within(runtime, connecting);
    assert.deepEqual(opened, ["server", "client"]);
    runtime.advance(1000);
    await runtime.run();
    assert.equal(client.closedReason?.code, "ERR_WIRE_IDLE");
  });

  it("refuses what is no name, no protocol, no factory and no limit", async () => {
    const { network } = virtual();
    assert.throws(() => network.endpoint(""), TypeError);
    assert.throws(() => memoryNetwork({ capacity: Number.NaN }), RangeError);
    assert.throws(() => network.endpoint(7 as unknown as string), TypeError);
    const endpoint = network.endpoint("x");
    await assert.rejects(endpoint.connect({} as AccumulatingProtocol), TypeError);
    await assert.rejects(endpoint.listen({} as () => Protocol), TypeError);
    const limits = { maxConnections: -1 };
    await assert.rejects(endpoint.listen(echo, { limits }), RangeError);
    await assert.rejects(endpoint.connect(new AccumulatingProtocol(), { limits }), RangeError);
  });

  it("says that it can be listened on", async () => {
    const { network, runtime } = virtual();
    await network.endpoint("x").listen(echo);
    const client = await within(runtime, network.endpoint("x").connect(new AccumulatingProtocol()));
    assert.equal(client.transport?.capabilities.has("listen"), true);
  });
});
