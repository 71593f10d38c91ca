import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TcpAddress } from "../../../../src/contract/index.ts";
import type { TcpHost } from "../../../../src/wires/tcp/index.ts";
import { tcp } from "../../../../src/wires/tcp/index.ts";
import { SleepingListener } from "../../sleeping-listener.ts";
import { both, failure, freePort, nowhere, plain, portOf, there } from "../../tcp/tcp-rig.ts";

describe("tcp: connecting", () => {
  it("says that nobody listens, where, and what to do (CORE-245)", async () => {
    const port = await freePort();
    const error = await failure(tcp({ port }).connect(plain()));
    assert.equal(error.code, "ERR_WIRE_REFUSED");
    assert.match(error.message, new RegExp(`^Cannot connect to tcp://127.0.0.1:${port}: nobody`));
    assert.equal(error.attempts.length, 1);
    assert.deepEqual(
      error.attempts.map((attempt) => (attempt.error.cause as NodeJS.ErrnoException).code),
      ["ECONNREFUSED"],
    );
  });

  it("rejects with the signal's reason, and leaves nothing, when cancelled", async () => {
    await using listener = await silent();
    const cancel = new AbortController();
    const connecting = tcp({ port: listener.port }).connect(plain(), { signal: cancel.signal });
    const reason = new Error("changed my mind");
    cancel.abort(reason);
    await assert.rejects(connecting, (error) => error === reason);
    const already = tcp({ port: listener.port }).connect(plain(), { signal: cancel.signal });
    await assert.rejects(already, (error) => error === reason);
  });

  it("gives up after connectTimeoutMs, naming the attempt", async () => {
    await using listener = await silent();
    const limits = { connectTimeoutMs: 30 };
    const error = await failure(tcp({ port: listener.port }).connect(plain(), { limits }));
    assert.equal(error.code, "ERR_WIRE_TIMEOUT");
    assert.equal(error.attempts.length, 1);
  });

  it("says that a name does not resolve", async () => {
    const error = await failure(
      tcp({ host: "nowhere.invalid", port: 1, lookup: nowhere }).connect(plain()),
    );
    assert.equal(error.code, "ERR_WIRE_RESOLVE");
    assert.match(error.message, /nowhere\.invalid/);
  });

  it("does not wait for a resolver that never answers, once cancelled (CORE-406)", async () => {
    const cancel = new AbortController();
    const lookup = (): Promise<readonly TcpHost[]> => new Promise(() => undefined);
    const connecting = tcp({ host: "slow.invalid", port: 1, lookup }).connect(plain(), {
      signal: cancel.signal,
    });
    cancel.abort(new Error("enough"));
    await assert.rejects(connecting, /enough/);
  });

  it("goes on to IPv4 when IPv6 is refused (CORE-403)", async () => {
    const server = plain();
    await using port = await tcp({ port: 0 }).listen(() => server);
    const client = await tcp({ host: "both.invalid", port: portOf(port), lookup: both }).connect(
      plain(),
    );
    assert.equal(client.transport.getPeer().host, "127.0.0.1");
    client.transport.abortConnection();
    await server.lost;
  });

  it("lists every attempt when all fail", async () => {
    const port = await freePort();
    const error = await failure(tcp({ host: "both.invalid", port, lookup: both }).connect(plain()));
    const tried = error.attempts.map(({ address }) => (address as TcpAddress).host);
    assert.deepEqual(tried, ["::1", "127.0.0.1"]);
    assert.match(error.message, /\[::1\]/);
    assert.equal(error.code, "ERR_WIRE_REFUSED");
  });

  it("rejects when connectionMade throws, and the protocol is told why (clause 13)", async () => {
    await using port = await tcp({ port: 0 }).listen(plain);
    const protocol = plain();
    const oops = new Error("oops");
    const throws = {
      connectionMade: () => {
        throw oops;
      },
      dataReceived: protocol.dataReceived,
      connectionLost: protocol.connectionLost,
    };
    await assert.rejects(there(port).connect(throws), (error) => error === oops);
    const reason = await protocol.lost;
    assert.deepEqual(
      [reason.kind, reason.code, reason.error],
      ["failed", "ERR_WIRE_PROTOCOL_THREW", oops],
    );
  });
});

interface Silent extends AsyncDisposable {
  readonly port: number;
}

/** A port whose queue is full: attempts to connect get no answer. */
async function silent(): Promise<Silent> {
  const listener = await SleepingListener.start();
  const knocks = Array.from({ length: 8 }, () => listener.knock());
  await Promise.all(knocks.slice(0, 2));
  return {
    port: (listener.address as { readonly port: number }).port,
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}
