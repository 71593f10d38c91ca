import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { after, before, describe, test } from "node:test";
import type { ClientEndpoint, ListeningPort, Protocol } from "../../src/contract/index.ts";
import { isAbortable, isHalfCloseable } from "../../src/contract/index.ts";
import { endpoint, specOf } from "../../src/endpoints/index.ts";
import type { JoinReport, Relay, RelayedConnection, RelayOptions } from "../../src/join/index.ts";
import { relay } from "../../src/join/index.ts";
import { memoryNetwork } from "../../src/memory/index.ts";
import { Recorder } from "./recorder.ts";

let folder = "";
let serial = 0;

before(async () => {
  folder = await mkdtemp(joinPath(tmpdir(), "overwall-relay-"));
});

after(async () => {
  await rm(folder, { recursive: true, force: true });
});

const WIRES = ["tcp", "unix", "memory"] as const;
type WireName = (typeof WIRES)[number];

/** A fresh place to listen on that wire. */
function placeOn(wire: WireName): string {
  serial += 1;
  if (wire === "tcp") return "tcp://127.0.0.1:0";
  return wire === "unix" ? `unix://${folder}/${serial}.sock` : `memory://relay-test-${serial}`;
}

async function leadingTo(port: Pick<ListeningPort, "getHost">): Promise<ClientEndpoint> {
  return endpoint(specOf(port.getHost()) ?? assert.fail("the port has no name"));
}

/** What a relay told, each as a promise, so that nothing has to be waited for by time. */
class Told {
  readonly opened: Promise<RelayedConnection>;
  readonly closed: Promise<JoinReport>;
  readonly failed: Promise<unknown>;
  readonly events: NonNullable<RelayOptions["events"]>;

  constructor() {
    let opened!: (connection: RelayedConnection) => void;
    let closed!: (report: JoinReport) => void;
    let failed!: (error: unknown) => void;
    this.opened = new Promise((resolve) => (opened = resolve));
    this.closed = new Promise((resolve) => (closed = resolve));
    this.failed = new Promise((resolve) => (failed = resolve));
    this.events = {
      opened,
      closed: (_connection, report) => closed(report),
      failed: (_connection, error) => failed(error),
    };
  }
}

interface Stage extends AsyncDisposable {
  readonly working: Relay;
  readonly told: Told;
  readonly client: Recorder;
  readonly server: Recorder;
}

/** client → relay → server, all connected. */
async function stage(from: WireName, onto: WireName, server = new Recorder()): Promise<Stage> {
  const port = await (await endpoint(placeOn(onto))).listen(() => server);
  const told = new Told();
  const front = await endpoint(placeOn(from));
  const working = await relay(front, await leadingTo(port), { events: told.events });
  const client = await (await leadingTo(working)).connect(new Recorder());
  await told.opened;
  return {
    working,
    told,
    client,
    server,
    [Symbol.asyncDispose]: async () => {
      await working.close({ graceMs: 0 });
      await port.stopListening();
    },
  };
}

function endSending({ transport }: Recorder): void {
  assert.ok(isHalfCloseable(transport));
  transport.loseWriteConnection();
}

function abort({ transport }: Recorder): void {
  assert.ok(isAbortable(transport));
  transport.abortConnection();
}

for (const from of WIRES) {
  for (const onto of WIRES) {
    test(`${from} → ${onto}: a late reply after the client's end arrives whole`, async () => {
      const server = new Recorder();
      server.onEnd = () => {
        setTimeout(() => {
          server.transport.write(Buffer.alloc(1_000_000, "r"));
          server.transport.loseConnection();
        }, 50);
      };
      await using scene = await stage(from, onto, server);
      scene.client.write("query");
      endSending(scene.client);
      const reason = await scene.client.lost;
      assert.equal(scene.client.receivedBytes, 1_000_000);
      assert.equal(scene.server.text, "query");
      assert.equal(reason.kind, "done");
      const report = await scene.told.closed;
      assert.deepEqual(report.bytes, { leftToRight: 5, rightToLeft: 1_000_000 });
      assert.deepEqual([report.left.kind, report.right.kind], ["done", "done"]);
    });

    test(`${from} → ${onto}: an abort goes through, or is reported as an end`, async () => {
      await using scene = await stage(from, onto);
      const { client } = scene;
      client.onEnd = () => client.transport.loseConnection();
      abort(scene.server);
      const seen = await client.lost;
      const report = await scene.told.closed;
      const serverShows = onto !== "unix";
      const clientShows = from !== "unix";
      if (serverShows && clientShows) assert.equal(seen.code, "ERR_WIRE_RESET");
      if (serverShows && !clientShows) assert.equal(report.abortBecameEnd, "left");
      if (!serverShows) assert.equal(report.right.kind, "done", "a unix peer sees a plain end");
    });
  }
}

describe("a relay whose second side cannot be connected", () => {
  test("aborts the accepted connection, says why, and goes on listening", async () => {
    const told = new Told();
    const nobody = memoryNetwork().endpoint("nobody");
    await using working = await relay(await endpoint(placeOn("tcp")), nobody, {
      events: told.events,
    });
    const client = await (await leadingTo(working)).connect(new Recorder());
    const reason = await client.lost;
    assert.equal(reason.code, "ERR_WIRE_RESET");
    assert.equal(((await told.failed) as { code: string }).code, "ERR_WIRE_REFUSED");
    const second = await (await leadingTo(working)).connect(new Recorder());
    assert.equal((await second.lost).code, "ERR_WIRE_RESET");
    assert.deepEqual(await working.close(), { cut: [] });
    assert.deepEqual(working.connections, []);
  });

  test("gives the error to onError when nobody listens to failures", async () => {
    const nobody = memoryNetwork().endpoint("nobody");
    let report!: (during: string) => void;
    const reported = new Promise<string>((resolve) => (report = resolve));
    await using working = await relay(await endpoint(placeOn("memory")), nobody, {
      onError: (_error, { during }) => report(during),
    });
    await (await leadingTo(working)).connect(new Recorder());
    assert.equal(await reported, "relay");
  });

  test("stops trying when the client is gone, and tells that it was", async () => {
    const told = new Told();
    let wasCancelled = false;
    const never: ClientEndpoint = {
      connect: <P extends Protocol>(_protocol: P, { signal }: { signal?: AbortSignal } = {}) =>
        new Promise<P>((_, reject) => {
          signal?.addEventListener("abort", () => {
            wasCancelled = true;
            reject(signal.reason as Error);
          });
        }),
    };
    await using working = await relay(await endpoint(placeOn("memory")), never, {
      events: told.events,
    });
    const client = await (await leadingTo(working)).connect(new Recorder());
    abort(client);
    const error = (await told.failed) as { code: string; side: string };
    assert.deepEqual([error.side, error.code], ["left", "ERR_WIRE_RESET"]);
    assert.ok(wasCancelled);
  });
});

describe("closing a relay", () => {
  test("lets a connection that ends in time end in order", async () => {
    await using scene = await stage("tcp", "tcp");
    const closing = scene.working.close({ graceMs: 60_000 });
    scene.client.write("last words");
    scene.client.transport.loseConnection();
    scene.server.onEnd = () => scene.server.transport.loseConnection();
    const { cut } = await closing;
    assert.deepEqual(cut, []);
    assert.equal(scene.server.text, "last words");
    assert.equal((await scene.told.closed).left.kind, "done");
  });

  test("cuts a connection that does not, and tells which", async () => {
    await using scene = await stage("tcp", "tcp");
    const connection = await scene.told.opened;
    const { cut } = await scene.working.close({ graceMs: 1 });
    assert.deepEqual(cut, [connection]);
    assert.equal((await scene.client.lost).code, "ERR_WIRE_RESET");
    assert.deepEqual(scene.working.connections, []);
  });

  test("refuses whoever comes afterwards", async () => {
    await using scene = await stage("tcp", "tcp");
    const late = await leadingTo(scene.working);
    await scene.working.close({ graceMs: 0 });
    await assert.rejects(late.connect(new Recorder()), { code: "ERR_WIRE_REFUSED" });
  });
});

test("one connection at a time means that a second one waits for the first", async () => {
  const servers: Recorder[] = [];
  const accept = (): Recorder => {
    const server = new Recorder();
    server.onEnd = () => server.transport.loseConnection();
    servers.push(server);
    return server;
  };
  const network = memoryNetwork();
  await using _port = await network.endpoint("server").listen(accept);
  await using working = await relay(await endpoint(placeOn("tcp")), network.endpoint("server"), {
    maxConnections: 1,
  });
  const entrance = await leadingTo(working);
  const first = await entrance.connect(new Recorder());
  const answered = new Promise<void>((resolve) => (first.onData = () => resolve()));
  const second = await entrance.connect(new Recorder());
  second.write("me too");
  while (servers.length === 0) await new Promise((resolve) => setImmediate(resolve));
  servers[0]?.write("hello");
  await answered;
  assert.equal(servers.length, 1);
  first.transport.loseConnection();
  await first.lost;
  while (servers[1]?.receivedBytes !== 6) await new Promise((resolve) => setImmediate(resolve));
  second.transport.loseConnection();
  await second.lost;
});
