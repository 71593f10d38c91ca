import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Limits, Transport } from "../../src/contract/index.ts";
import { isAbortable } from "../../src/contract/index.ts";
import { endpoint, specOf } from "../../src/endpoints/index.ts";
import { observe } from "../../src/flow/index.ts";
import type { JoinReport } from "../../src/join/index.ts";
import { join } from "../../src/join/index.ts";
import { chosenDriver } from "../../src/wires/_drivers/choose-driver.ts";
import { Recorder } from "./recorder.ts";

// What the driver carries by itself, on the system's own sockets: cut, killed, stalled and looked
// at in the middle of a flood, no byte is lost without being told.
const native = chosenDriver();
const skip = native.name !== "native" && `needs the native driver: ${native.why}`;
const CHUNK = new Uint8Array(256 * 1024);

let folder = "";
let serial = 0;

before(async () => {
  folder = await mkdtemp(joinPath(tmpdir(), "overwall-shortcut-"));
});

after(async () => {
  await rm(folder, { recursive: true, force: true });
});

type WireName = "tcp" | "unix";

function placeOn(wire: WireName): string {
  serial += 1;
  return wire === "tcp" ? "tcp://127.0.0.1:0" : `unix://${folder}/${serial}.sock`;
}

/** client → near ⇄ far → server, over the system's sockets. */
interface Scene extends AsyncDisposable {
  readonly client: Recorder;
  readonly server: Recorder;
  readonly near: Transport;
  readonly far: Transport;
  readonly report: Promise<JoinReport>;
}

interface Made {
  readonly limits?: Partial<Limits>;
  readonly shortcut?: boolean;
  /** Every byte is looked at, from the first on. */
  readonly isSeen?: boolean;
}

async function scene(from: WireName, onto: WireName, made: Made = {}): Promise<Scene> {
  const { limits = {}, shortcut = true, isSeen = false } = made;
  const [client, server, near, far] = [1, 2, 3, 4].map(() => new Recorder()) as [
    Recorder,
    Recorder,
    Recorder,
    Recorder,
  ];
  const front = await (await endpoint(placeOn(from))).listen(() => near, { limits });
  const back = await (await endpoint(placeOn(onto))).listen(() => server);
  const arrived = new Promise<void>((resolve) => (near.onMade = resolve));
  const met = new Promise<void>((resolve) => (server.onMade = resolve));
  await (await endpoint(specOf(front.getHost()) ?? "")).connect(client);
  await (await endpoint(specOf(back.getHost()) ?? "")).connect(far, { limits });
  await Promise.all([arrived, met]);
  if (isSeen) observe(near.transport, { bytes: () => undefined });
  return {
    client,
    server,
    near: near.transport,
    far: far.transport,
    report: join(near.transport, far.transport, { shortcut }),
    [Symbol.asyncDispose]: async () => {
      for (const { transport } of [client, server]) {
        if (isAbortable(transport)) transport.abortConnection();
      }
      await Promise.all([front.stopListening(), back.stopListening()]);
    },
  };
}

/** Writes as fast as it is let, until it has written so much or is over. */
function flood({ transport }: Recorder, byteCount = Infinity): void {
  let isHeld = false;
  let left = byteCount;
  const write = (): void => {
    while (!isHeld && left > 0) {
      left -= CHUNK.byteLength;
      transport.write(CHUNK);
    }
    if (left <= 0) transport.unregisterProducer();
  };
  const producer = {
    pauseProducing: () => (isHeld = true),
    resumeProducing: () => {
      isHeld = false;
      write();
    },
    stopProducing: () => (isHeld = true),
  };
  transport.registerProducer(producer, true);
  write();
}

/** Resolves when so much has come. */
function received(recorder: Recorder, byteCount: number): Promise<void> {
  return new Promise((resolve) => {
    recorder.onData = () => {
      recorder.chunks.length = 0;
      if (recorder.receivedBytes >= byteCount) resolve();
    };
  });
}

/** What was read on one side is what the other one accepted, and each byte of that is told of. */
function assertExact({ left, right, bytes }: JoinReport): void {
  assert.equal(left.ledger.delivered, right.ledger.accepted);
  assert.equal(right.ledger.delivered, left.ledger.accepted);
  for (const { ledger } of [left, right]) {
    assert.equal(ledger.accepted, ledger.sent + ledger.unsent + ledger.dropped);
    assert.equal(ledger.received, ledger.delivered + ledger.undelivered);
  }
  assert.equal(bytes.leftToRight, right.ledger.sent);
  assert.equal(bytes.rightToLeft, left.ledger.sent);
}

const MEBIBYTE = 1024 * 1024;

for (const from of ["tcp", "unix"] as const) {
  for (const onto of ["tcp", "unix"] as const) {
    test(`${from} → ${onto}: a flood each way at once arrives whole, and short`, {
      skip,
    }, async () => {
      await using stage = await scene(from, onto);
      const { client, server } = stage;
      const both = [received(server, 32 * MEBIBYTE), received(client, 32 * MEBIBYTE)];
      flood(client, 32 * MEBIBYTE);
      flood(server, 32 * MEBIBYTE);
      await Promise.all(both);
      for (const { transport } of [client, server]) transport.loseConnection();
      const report = await stage.report;
      assertExact(report);
      const all = { leftToRight: 32 * MEBIBYTE, rightToLeft: 32 * MEBIBYTE };
      assert.deepEqual([report.bytes, report.shortcutBytes], [all, all]);
      assert.deepEqual([report.left.kind, report.right.kind], ["done", "done"]);
    });

    test(`${from} → ${onto}: aborted in a flood, what was held is unsent`, { skip }, async () => {
      await using stage = await scene(from, onto);
      const { client, near, server } = stage;
      server.transport.pauseProducing();
      flood(client);
      while (stage.far.ledger.inFlight === 0) await turn();
      assert.ok(isAbortable(near));
      near.abortConnection();
      const report = await stage.report;
      assertExact(report);
      assert.ok(report.right.ledger.unsent > 0, "nothing was held");
      assert.equal(report.left.kind, "aborted");
    });
  }
}

describe("an observer that comes in the middle of a flood", () => {
  for (const side of ["near", "far"] as const) {
    test(`sees each byte from then on, on the ${side} side`, { skip }, async () => {
      await using stage = await scene("tcp", "tcp");
      const { client, server } = stage;
      const begun = received(server, 8 * MEBIBYTE);
      flood(client, 64 * MEBIBYTE);
      await begun;
      const whole = received(server, 64 * MEBIBYTE);
      const { delivered, sent, unsent } = stage[side].ledger;
      let seen = 0;
      observe(stage[side], {
        bytes: (_direction, data) => {
          seen += data.byteLength;
        },
      });
      await whole;
      for (const { transport } of [client, server]) transport.loseConnection();
      const report = await stage.report;
      assertExact(report);
      const before = side === "near" ? delivered : sent + unsent;
      assert.equal(seen, 64 * MEBIBYTE - before);
      assert.ok(seen > 0 && (report.shortcutBytes?.leftToRight ?? 0) > 0, "it went both ways");
    });
  }
});

describe("limits of time", () => {
  test("a side that takes nothing of what is held is a stall", { skip }, async () => {
    await using stage = await scene("tcp", "tcp", { limits: { stallMs: 100 } });
    stage.server.transport.pauseProducing();
    flood(stage.client);
    const report = await stage.report;
    assertExact(report);
    assert.equal(report.right.code, "ERR_WIRE_STALL");
    assert.ok(report.right.ledger.unsent > 0);
    assert.equal(report.left.kind, "aborted");
  });

  test("silence is idleness, after bytes that went short", { skip }, async () => {
    await using stage = await scene("tcp", "unix", { limits: { idleMs: 100 } });
    const come = received(stage.server, 5);
    stage.client.write("hello");
    await come;
    const report = await stage.report;
    const codes = [report.left.code, report.right.code];
    assert.ok(codes.includes("ERR_WIRE_IDLE"), codes.join());
    assert.equal(report.shortcutBytes?.leftToRight, 5);
  });
});

test("who is seen knows nothing of those that were carried before it", { skip }, async () => {
  const carry = async (byteCount: number, isSeen: boolean): Promise<JoinReport> => {
    await using stage = await scene("tcp", "tcp", { isSeen });
    const { client, server } = stage;
    const come = [received(server, byteCount), received(client, byteCount)];
    for (const { transport } of [client, server]) transport.write(new Uint8Array(byteCount));
    await Promise.all(come);
    for (const { transport } of [client, server]) transport.loseConnection();
    return stage.report;
  };
  const both = (byteCount: number): JoinReport["bytes"] => {
    return { leftToRight: byteCount, rightToLeft: byteCount };
  };
  assert.deepEqual((await carry(500_000, false)).shortcutBytes, both(500_000));
  for (let again = 0; again < 8; again++) {
    const { bytes, shortcutBytes } = await carry(10, true);
    assert.deepEqual([bytes, shortcutBytes], [both(10), both(0)]);
  }
});

test("it can be switched off", { skip }, async () => {
  await using stage = await scene("tcp", "tcp", { shortcut: false });
  const come = received(stage.server, 5);
  stage.client.write("hello");
  await come;
  for (const { transport } of [stage.client, stage.server]) transport.loseConnection();
  assert.equal((await stage.report).shortcutBytes, undefined);
});

describe("a peer that is killed in a flood", () => {
  test("was reading: its end is a reset, and what it did not get is unsent", { skip }, async () => {
    const near = new Recorder();
    const arrived = new Promise<void>((resolve) => (near.onMade = resolve));
    await using front = await (await endpoint(placeOn("tcp"))).listen(() => near);
    await using killed = await peer("reads");
    const client = await (await endpoint(specOf(front.getHost()) ?? "")).connect(new Recorder());
    await arrived;
    const report = join(near.transport, await endpoint(killed.at));
    flood(client);
    await killed.isBusy;
    killed.process.kill("SIGKILL");
    const { left, right, ...rest } = await report;
    assertExact({ left, right, ...rest });
    assert.deepEqual([right.kind, right.by, right.code], ["lost", "peer", "ERR_WIRE_RESET"]);
    assert.equal(left.kind, "aborted");
    assert.ok((rest.shortcutBytes?.leftToRight ?? 0) > 0);
    assert.equal((await client.lost).code, "ERR_WIRE_RESET");
  });

  test("was writing: all that had left it arrives, then its end", { skip }, async () => {
    const far = new Recorder();
    far.onData = () => (far.chunks.length = 0);
    far.onEnd = () => far.transport.loseConnection();
    await using back = await (await endpoint(placeOn("tcp"))).listen(() => far);
    await using killed = await peer("writes");
    const left = await endpoint(killed.at);
    const report = join(left, await endpoint(specOf(back.getHost()) ?? ""));
    while (far.receivedBytes < 8 * MEBIBYTE) await turn();
    killed.process.kill("SIGKILL");
    const told = await report;
    assertExact(told);
    assert.deepEqual([told.left.kind, told.left.by], ["done", "peer"]);
    assert.equal(far.receivedBytes, told.left.ledger.received);
    assert.equal(told.right.ledger.unsent, 0);
    assert.equal(told.shortcutBytes?.leftToRight, far.receivedBytes);
  });
});

interface Peer extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly at: string;
  /** Bytes go, and more of them wait. */
  readonly isBusy: Promise<unknown>;
}

/** A process that serves one connection by reading a little of a flood, or by writing one. */
async function peer(does: "reads" | "writes"): Promise<Peer> {
  const program = spawn(process.execPath, ["-e", PEER, does], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = program.stdout;
  const [port] = (await once(lines, "data")) as [Buffer];
  return {
    process: program,
    at: `tcp://127.0.0.1:${port.toString().trim()}`,
    isBusy: once(lines, "data"),
    [Symbol.asyncDispose]: async () => {
      if (program.exitCode === null && program.signalCode === null) {
        program.kill("SIGKILL");
        await once(program, "exit");
      }
    },
  };
}

const PEER = `
const server = require("net").createServer((socket) => {
  let got = 0;
  if (process.argv[1] === "reads") {
    socket.on("data", (data) => {
      got += data.length;
      if (got < 4194304) return;
      socket.pause();
      console.log("busy");
    });
  } else {
    const write = () => { while (socket.write(Buffer.alloc(65536))); };
    socket.on("drain", write);
    write();
  }
  socket.on("error", () => {});
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
