import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Connection } from "../../src/bridges/connection.ts";
import type { CloseReason, Transport } from "../../src/contract/index.ts";
import { ClosedError, isAbortable, isHalfCloseable } from "../../src/contract/index.ts";
import type { JoinOptions, JoinReport } from "../../src/join/index.ts";
import { join } from "../../src/join/index.ts";
import { memoryNetwork, VirtualRuntime } from "../../src/memory/index.ts";
import { loopback } from "./joinable-loopback.ts";
import { Recorder } from "./recorder.ts";

/** client ↔ near ⇄ far ↔ server: near and far are what is joined. */
interface Scene {
  readonly runtime: VirtualRuntime;
  readonly client: Recorder;
  readonly server: Recorder;
  readonly near: Transport;
  readonly far: Transport;
  readonly joined: Promise<JoinReport>;
}

function scene(options: JoinOptions = {}, swap = false): Scene {
  const runtime = new VirtualRuntime();
  const [client, server] = [new Recorder(), new Recorder()];
  const near = loopback(client, new Recorder(), { runtime }).right;
  const far = loopback(new Recorder(), server, { runtime }).left;
  const sides: [Transport, Transport] = swap ? [far, near] : [near, far];
  return { runtime, client, server, near, far, joined: join(...sides, { runtime, ...options }) };
}

/** Runs until `promise` settles. */
async function settled<T>(runtime: VirtualRuntime, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  promise.then(settle, settle);
  await runtime.run(() => isSettled);
  return promise;
}

function abort(transport: Transport): void {
  assert.ok(isAbortable(transport));
  transport.abortConnection();
}

function endSending(transport: Transport): void {
  assert.ok(isHalfCloseable(transport));
  transport.loseWriteConnection();
}

const MEBIBYTE = 1024 * 1024;

for (const swap of [false, true]) {
  const order = swap ? "far side first" : "near side first";

  test(`bytes go both ways, whole and in order (${order})`, async () => {
    const { runtime, client, server, joined } = scene({}, swap);
    client.write("ping ");
    client.write("pong");
    server.write("hello");
    await runtime.run(() => server.receivedBytes === 9 && client.receivedBytes === 5);
    assert.equal(server.text, "ping pong");
    assert.equal(client.text, "hello");
    client.transport.loseConnection();
    server.transport.loseConnection();
    await runtime.run(() => client.reason !== undefined && server.reason !== undefined);
    const report = await settled(runtime, joined);
    const toServer = swap ? report.bytes.rightToLeft : report.bytes.leftToRight;
    assert.equal(toServer, 9);
    assert.equal(report.bytes.leftToRight + report.bytes.rightToLeft, 14);
    assert.deepEqual([report.left.kind, report.right.kind], ["done", "done"]);
  });

  test(`a reply long after the client's end arrives whole (${order})`, async () => {
    const { runtime, client, server, joined } = scene({}, swap);
    const reply = Buffer.alloc(MEBIBYTE, "r");
    server.onEnd = () => {
      runtime.clock.after(30_000, () => {
        server.transport.write(reply);
        server.transport.loseConnection();
      });
    };
    client.write("query");
    endSending(client.transport);
    await runtime.run(() => client.reason !== undefined && server.reason !== undefined);
    assert.equal(server.text, "query");
    assert.equal(client.receivedBytes, MEBIBYTE);
    assert.equal(client.reason?.kind, "done");
    const report = await settled(runtime, joined);
    assert.deepEqual(report.bytes, {
      leftToRight: swap ? MEBIBYTE : 5,
      rightToLeft: swap ? 5 : MEBIBYTE,
    });
    assert.equal(report.endedFirst, swap ? "right" : "left");
    assert.equal(report.durationMs, 30_000);
  });
}

test("a client that does not read holds the server, and loses nothing by it", async () => {
  const { runtime, client, server, joined } = scene();
  await runtime.run(() => client.transport !== undefined);
  client.transport.pauseProducing();
  let isPaused = false;
  let written = 0;
  const produce = (): void => {
    while (!isPaused && written < 64 * MEBIBYTE) {
      written += MEBIBYTE;
      server.transport.write(Buffer.alloc(MEBIBYTE));
    }
    if (written === 64 * MEBIBYTE) server.transport.unregisterProducer();
  };
  const producer = {
    pauseProducing: () => (isPaused = true),
    resumeProducing: () => {
      isPaused = false;
      produce();
    },
    stopProducing: () => {},
  };
  server.transport.registerProducer(producer, true);
  produce();
  await runtime.run();
  assert.ok(isPaused, "the server was never held");
  assert.ok(written <= 16 * MEBIBYTE, `${written} bytes are held between the two`);
  client.transport.resumeProducing();
  await runtime.run(() => client.receivedBytes === 64 * MEBIBYTE);
  server.transport.loseConnection();
  client.transport.loseConnection();
  await runtime.run(() => server.reason !== undefined);
  assert.equal((await settled(runtime, joined)).bytes.rightToLeft, 64 * MEBIBYTE);
});

test("a server that closes with a client still talking loses none of its last bytes", async () => {
  const { runtime, client, server, joined } = scene();
  await runtime.run();
  server.transport.write(Buffer.alloc(8 * MEBIBYTE));
  server.transport.loseConnection();
  const chatter = (): void => {
    if (client.reason !== undefined || client.hasEnded) return;
    client.write(".");
    runtime.clock.after(5, chatter);
  };
  chatter();
  client.onEnd = () => client.transport.loseConnection();
  await runtime.run(() => client.reason !== undefined && server.reason !== undefined);
  assert.equal(client.receivedBytes, 8 * MEBIBYTE);
  assert.equal((await settled(runtime, joined)).left.kind, "done");
});

describe("a loss goes through as a loss", () => {
  test("the client's abort reaches the server as a reset", async () => {
    const { runtime, client, server, joined } = scene();
    client.write("half a requ");
    await runtime.run(() => server.receivedBytes === 11);
    abort(client.transport);
    await runtime.run(() => server.reason !== undefined);
    assert.equal(server.reason?.code, "ERR_WIRE_RESET");
    const report = await settled(runtime, joined);
    assert.equal(report.left.code, "ERR_WIRE_RESET");
    assert.deepEqual([report.right.kind, report.right.by], ["aborted", "us"]);
    assert.equal(report.endedFirst, "left");
    assert.equal(report.abortBecameEnd, undefined);
  });

  test("the server's abort reaches the client as a reset", async () => {
    const { runtime, client, server, joined } = scene();
    await runtime.run();
    abort(server.transport);
    await runtime.run(() => client.reason !== undefined);
    assert.equal(client.reason?.code, "ERR_WIRE_RESET");
    assert.equal((await settled(runtime, joined)).endedFirst, "right");
  });

  test("the signal aborts both, and the report says so", async () => {
    const stop = new AbortController();
    const { runtime, client, server, joined } = scene({ signal: stop.signal });
    await runtime.run();
    stop.abort();
    await runtime.run(() => client.reason !== undefined && server.reason !== undefined);
    const { left, right } = await settled(runtime, joined);
    for (const { kind, by } of [left, right]) assert.deepEqual([kind, by], ["aborted", "us"]);
    assert.equal(client.reason?.code, "ERR_WIRE_RESET");
  });
});

describe("limits", () => {
  test("a way back that carries nothing for 60 s after an end is cut, and the other side too", async () => {
    const { runtime, client, server, joined } = scene();

    endSending(client.transport);
    await runtime.run(() => server.hasEnded);
    await runtime.runFor(59_000);
    assert.ok(!client.isLost, "closed too early");
    await runtime.run(() => client.reason !== undefined);
    const report = await settled(runtime, joined);
    assert.equal(report.left.code, "ERR_WIRE_HALF_OPEN");
    assert.equal(report.right.kind, "aborted", "the server learns that its answer was not awaited");
  });

  test("every byte on the way back gives it another 60 s", async () => {
    const { runtime, client, server } = scene();
    endSending(client.transport);
    await runtime.run(() => server.hasEnded);
    for (let count = 1; count <= 5; count++) {
      await runtime.runFor(50_000);
      server.write(".");
      await runtime.run(() => client.receivedBytes === count);
    }
    assert.ok(!client.isLost);
    server.transport.loseConnection();
    await runtime.run(() => client.reason !== undefined);
    assert.equal(client.reason?.kind, "done");
  });
});

describe("what is joined", () => {
  test("a Connection's unread bytes are carried first; closed still tells its end", async () => {
    const runtime = new VirtualRuntime();
    const [client, server] = [new Recorder(), new Recorder()];
    const accepted = new Connection({ runtime });
    loopback(client, accepted, { runtime });
    client.write("early ");
    await runtime.run(() => accepted.unreadBytes === 6);
    const far = loopback(new Recorder(), server, { runtime }).left;
    const joined = join(accepted, far, { runtime });
    client.write("late");
    await runtime.run(() => server.receivedBytes === 10);
    assert.equal(server.text, "early late");
    client.transport.loseConnection();
    server.transport.loseConnection();
    await runtime.run(() => server.reason !== undefined && client.reason !== undefined);
    assert.equal((await settled(runtime, joined)).left.kind, (await accepted.closed).kind);
  });

  test("an endpoint is connected to, and its first bytes wait for the other side", async () => {
    const runtime = new VirtualRuntime();
    const network = memoryNetwork({ runtime });
    const server = new Recorder();
    server.onMade = () => server.write("220 hello");
    await network.endpoint("server").listen(() => server);
    const client = new Recorder();
    const near = loopback(client, new Recorder(), { runtime }).right;
    const joined = join(near, network.endpoint("server"), { runtime });
    await runtime.run(() => client.receivedBytes === 9);
    client.transport.loseConnection();
    server.transport.loseConnection();
    await runtime.run(() => server.reason !== undefined && client.reason !== undefined);
    assert.equal((await settled(runtime, joined)).bytes.rightToLeft, 9);
  });

  test("an endpoint that refuses rejects the join, and the other side is aborted", async () => {
    const runtime = new VirtualRuntime();
    const client = new Recorder();
    const near = loopback(client, new Recorder(), { runtime }).right;
    const joined = join(near, memoryNetwork({ runtime }).endpoint("nobody"), { runtime });
    const refused = assert.rejects(joined, { code: "ERR_WIRE_REFUSED" });
    await runtime.run(() => client.reason !== undefined);
    assert.equal(client.reason?.code, "ERR_WIRE_RESET");
    await settled(runtime, refused);
  });

  test("a closed transport rejects the join, and the other side is aborted", async () => {
    const runtime = new VirtualRuntime();
    const client = new Recorder();
    const near = loopback(client, new Recorder(), { runtime }).right;
    const far = loopback(new Recorder(), new Recorder(), { runtime }).left;
    far.loseConnection();
    const refused = assert.rejects(join(near, far, { runtime }), ClosedError);
    await runtime.run(() => client.reason !== undefined);
    assert.equal(client.reason?.code, "ERR_WIRE_RESET");
    await settled(runtime, refused);
  });

  test("a peer that had ended before the join is answered all the same", async () => {
    const runtime = new VirtualRuntime();
    const [client, server] = [new Recorder(), new Recorder()];
    const accepted = new Connection({ runtime });
    loopback(client, accepted, { runtime });
    client.write("all of it");
    endSending(client.transport);
    await runtime.run(() => accepted.unreadBytes === 9);
    await runtime.runFor(1);
    const far = loopback(new Recorder(), server, { runtime }).left;
    const joined = join(accepted, far, { runtime });
    await runtime.run(() => server.hasEnded);
    server.write("answer");
    server.transport.loseConnection();
    const report = await settled(runtime, joined);
    assert.equal(server.text, "all of it");
    assert.equal(client.text, "answer");
    assert.deepEqual([report.left.kind, report.right.kind], ["done", "done"]);
  });

  test("a side that was ended before the join has its bytes counted as dropped", async () => {
    const runtime = new VirtualRuntime();
    const [client, server] = [new Recorder(), new Recorder()];
    const accepted = new Connection({ runtime });
    loopback(client, accepted, { runtime });
    void accepted.end();
    await runtime.run(() => client.hasEnded);
    const far = loopback(new Recorder(), server, { runtime }).left;
    const joined = join(accepted, far, { runtime });
    await runtime.run(() => server.transport !== undefined);
    server.write("nobody takes this");
    client.write("this arrives");
    endSending(client.transport);
    await runtime.run(() => server.hasEnded);
    server.transport.loseConnection();
    const report = await settled(runtime, joined);
    assert.equal(server.text, "this arrives");
    assert.equal(report.left.ledger.dropped, 17);
    assert.deepEqual(report.bytes, { leftToRight: 12, rightToLeft: 0 });
  });

  test("the same thing twice, or no connection at all, is a mistake in the call", async () => {
    const near = loopback(new Recorder(), new Recorder()).right;
    await assert.rejects(join(near, near), TypeError);
    await assert.rejects(join(7 as unknown as Transport, near), TypeError);
  });
});

test("taps see every byte that is delivered and sent, on both sides, and the end", async () => {
  const seen: string[] = [];
  const tap = (side: string) => ({
    bytes: (direction: string, data: Uint8Array) =>
      void seen.push(`${side} ${direction} ${Buffer.from(data).toString()}`),
    ended: (reason: CloseReason) => void seen.push(`${side} ${reason.kind}`),
  });
  const { runtime, client, server, joined } = scene({
    taps: { left: tap("left"), right: tap("right") },
  });
  client.write("x");
  await runtime.run(() => server.receivedBytes === 1);
  client.transport.loseConnection();
  server.transport.loseConnection();
  await settled(runtime, joined);
  assert.deepEqual(seen.slice(0, 2), ["left in x", "right out x"]);
  assert.deepEqual(seen.slice(2).toSorted(), ["left done", "right done"]);
});
