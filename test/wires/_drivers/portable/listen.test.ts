import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TcpTransport } from "../../../../src/contract/index.ts";
import { chosenDriver } from "../../../../src/wires/_drivers/choose-driver.ts";
import type { TcpHost } from "../../../../src/wires/tcp/index.ts";
import { tcp } from "../../../../src/wires/tcp/index.ts";
import type { RecordingProtocol } from "../../recording-protocol.ts";
import {
  freePort,
  gone,
  nodeClient,
  pair,
  plain,
  portOf,
  there,
  until,
} from "../../tcp/tcp-rig.ts";

const onNative = { skip: chosenDriver().name === "portable" && "the portable driver" };

describe("tcp: listening", () => {
  it("frees the address at once, and leaves connections alone (CORE-265, NODE-4)", async () => {
    await using both = await pair(plain);
    const stopping = both.port.stopListening();
    assert.equal(both.port.stopListening(), stopping);
    await stopping;
    assert.equal(await both.port.closed, null);
    const again = await tcp({ port: portOf(both.port) }).listen(plain);
    assert.deepEqual(again.getHost(), both.port.getHost());
    await again.stopListening();
    both.client.transport.write(Buffer.from("still here"));
    await both.server.received(10);
    assert.equal(both.port.connections, 1);
  });

  it("says that the address is taken", async () => {
    await using port = await tcp({ port: 0 }).listen(plain);
    await assert.rejects(tcp({ port: portOf(port) }).listen(plain), {
      name: "ListenError",
      code: "ERR_WIRE_ADDRESS_IN_USE",
    });
  });

  it("says that the address is not of this machine", async () => {
    await assert.rejects(tcp({ host: "192.0.2.1", port: 0 }).listen(plain), {
      name: "ListenError",
      message: /192\.0\.2\.1:0: the local address/,
    });
  });

  it("does not listen when its signal has aborted", async () => {
    const signal = AbortSignal.abort(new Error("no more"));
    await assert.rejects(tcp({ port: 0 }).listen(plain, { signal }), /no more/);
  });

  it("stops waiting for a resolver when its signal aborts", async () => {
    const stop = new AbortController();
    const lookup = (): Promise<readonly TcpHost[]> => new Promise(() => undefined);
    const listening = tcp({ host: "slow.invalid", port: 0, lookup }).listen(plain, {
      signal: stop.signal,
    });
    stop.abort(new Error("no more"));
    await assert.rejects(listening, /no more/);
  });

  it("takes no notice of its signal once it listens", async () => {
    const stop = new AbortController();
    await using port = await tcp({ port: 0 }).listen(plain, { signal: stop.signal });
    stop.abort();
    const client = await there(port).connect(plain());
    client.transport.abortConnection();
    await client.lost;
  });

  it("leaves nothing listening when a limit is out of range", async () => {
    const limits = { maxConnections: -1 };
    const port = await freePort();
    await assert.rejects(tcp({ port }).listen(plain, { limits }), RangeError);
    await (await tcp({ port }).listen(plain)).stopListening();
  });

  it("serves maxConnections at once and the next when one has ended", async () => {
    const served: RecordingProtocol<TcpTransport>[] = [];
    const serve = (): RecordingProtocol<TcpTransport> => {
      const protocol = plain();
      served.push(protocol);
      return protocol;
    };
    await using port = await tcp({ port: 0 }).listen(serve, { limits: { maxConnections: 1 } });
    const first = await there(port).connect(plain());
    const second = await there(port).connect(plain());
    second.transport.write(Buffer.from("waiting"));
    first.transport.write(Buffer.from("first"));
    await until(() => served.length === 1);
    await served[0]?.received(5);
    assert.equal(served.length, 1);
    first.transport.loseConnection();
    await until(() => served.length === 2);
    await served[1]?.received(7);
    assert.equal(port.connections, 1);
    second.transport.abortConnection();
    await served[1]?.lost;
    assert.equal(port.connections, 0);
  });

  it("closes what waits beyond the backlog while paused, and tells onError", async () => {
    const told: { readonly during: string; readonly code: unknown }[] = [];
    const served: RecordingProtocol<TcpTransport>[] = [];
    const port = await tcp({ port: 0, backlog: 1, driver: "portable" }).listen(
      () => {
        const protocol = plain();
        served.push(protocol);
        return protocol;
      },
      {
        onError: (error, { during }) => {
          told.push({ during, code: (error as { code?: unknown }).code });
        },
      },
    );
    port.pauseAccepting();
    const first = await nodeClient(portOf(port));
    const second = await nodeClient(portOf(port));
    await gone(second);
    assert.deepEqual(told, [{ during: "accept", code: "ERR_WIRE_LIMIT" }]);
    assert.equal(served.length, 0);
    port.resumeAccepting();
    await until(() => served.length === 1);
    for (const socket of [first, second]) socket.destroy();
    await served[0]?.lost;
    await port.stopListening();
  });

  it(
    "leaves what waits in the system's queue while paused, where the driver can",
    onNative,
    async () => {
      const served: RecordingProtocol<TcpTransport>[] = [];
      const told: unknown[] = [];
      const port = await tcp({ port: 0, backlog: 1 }).listen(
        () => {
          const protocol = plain();
          served.push(protocol);
          return protocol;
        },
        { onError: (error) => void told.push(error) },
      );
      port.pauseAccepting();
      const clients = [await nodeClient(portOf(port)), await nodeClient(portOf(port))];
      assert.equal(port.connections, 0);
      port.resumeAccepting();
      await until(() => served.length === 2);
      assert.deepEqual(told, []);
      for (const client of clients) client.destroy();
      for (const protocol of served) await protocol.lost;
      await port.stopListening();
    },
  );

  it("closes what waits when it stops", async () => {
    const port = await tcp({ port: 0 }).listen(plain);
    port.pauseAccepting();
    const waiting = await nodeClient(portOf(port));
    await port.stopListening();
    await gone(waiting);
    assert.equal(port.connections, 0);
  });

  it("closes a connection that the factory refuses, and goes on", async () => {
    let asked = 0;
    await using port = await tcp({ port: 0 }).listen(() => (++asked === 1 ? null : plain()));
    const refused = await nodeClient(portOf(port));
    await gone(refused);
    const client = await there(port).connect(plain());
    assert.equal(asked, 2);
    client.transport.abortConnection();
    await client.lost;
  });

  it("closes the connection of a factory that throws, and tells onError (CORE-277)", async () => {
    const told: unknown[] = [];
    await using port = await tcp({ port: 0 }).listen(
      () => {
        throw new Error("no protocol today");
      },
      { onError: (error, { during }) => void told.push(`${during}: ${(error as Error).message}`) },
    );
    const refused = await nodeClient(portOf(port));
    await gone(refused);
    assert.deepEqual(told, ["factory: no protocol today"]);
    assert.equal(port.connections, 0);
  });
});
