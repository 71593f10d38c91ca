import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { compileC } from "../../bench/build-programs.ts";
import { runLoad } from "../../bench/measure.ts";
import type { LoadReport } from "../../bench/report.ts";
import { fixedBytes, PIECES } from "../../bench/servers/fixed-bytes.ts";
import { missingPrograms } from "../../tools/missing-programs.ts";

const skip: string | false =
  process.platform !== "linux"
    ? "the load generator is made for Linux"
    : missingPrograms(["gcc"]).length > 0 && "needs gcc on PATH";

let folder = "";
before(() => {
  if (skip !== false) return;
  folder = mkdtempSync(join(tmpdir(), "overwall-load-"));
  compileC(process.cwd(), "bench/load", join(folder, "load"));
});
after(() => {
  if (folder !== "") rmSync(folder, { recursive: true });
});

/** Runs the load generator on a server in this process. */
async function load(serve: (socket: Socket) => void, words: string): Promise<LoadReport> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const brief = [
      "--warmup",
      "0",
      "--warmup-operations",
      "200",
      "--seconds",
      "0.05",
      "--warmup-bytes",
      "1000",
    ];
    const there = ["--port", String(port), "--pid", String(process.pid)];
    return await runLoad(join(folder, "load"), [...brief, ...there, ...words.split(" ")]);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

/** An echo that does something else with the chunk that holds byte `at` of its connection. */
function echoBut(at: number, change: (chunk: Buffer) => Uint8Array): (socket: Socket) => void {
  return (socket) => {
    let seen = 0;
    socket.on("data", (chunk) => {
      const holds = seen <= at && at < seen + chunk.length;
      seen += chunk.length;
      socket.write(holds ? change(chunk) : chunk);
    });
    socket.on("end", () => socket.end());
  };
}

const echo: (socket: Socket) => void = echoBut(-1, (chunk) => chunk);

function flip(chunk: Buffer): Uint8Array {
  const changed = Buffer.from(chunk);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  return changed;
}

const ECHO = "echo --connections 3 --patience 30";

/** For those whose fault is that nothing comes. */
const SOON = "--patience 0.3";

test("an echo that is right passes, and its cost is counted", { skip }, async () => {
  const report = await load(echo, ECHO);
  assert.ok(report.operations > 0);
  assert.ok(report.cpuNs > 0);
  assert.ok(report.p99Us >= report.p50Us && report.p50Us > 0);
});

test("one wrong bit in an echo voids the run", { skip }, async () => {
  await assert.rejects(load(echoBut(320, flip), ECHO), /wrong bytes/);
});

test("one byte less in an echo voids the run", { skip }, async () => {
  const shorten = (chunk: Buffer): Uint8Array => chunk.subarray(1);
  await assert.rejects(load(echoBut(320, shorten), `${ECHO} ${SOON}`), /wrong bytes|short/);
  const cutEnd = (chunk: Buffer): Uint8Array => chunk.subarray(0, -1);
  await assert.rejects(load(echoBut(320, cutEnd), `${ECHO} ${SOON}`), /wrong bytes|short/);
});

test("one byte too many voids the run, also after the last answer", { skip }, async () => {
  const twice = (chunk: Buffer): Uint8Array => Buffer.concat([chunk, chunk.subarray(0, 1)]);
  await assert.rejects(load(echoBut(320, twice), ECHO), /more bytes|wrong bytes/);
  const last = (socket: Socket): void => {
    socket.on("data", (chunk) => socket.write(chunk));
    socket.on("end", () => socket.end("x"));
  };
  await assert.rejects(load(last, ECHO), /more bytes|wrong bytes/);
});

test("an answer that belongs to another connection voids the run", { skip }, async () => {
  const others: Socket[] = [];
  const mixed = (socket: Socket): void => {
    others.push(socket);
    socket.on("data", (chunk) => others.at(-1)?.write(chunk));
    socket.on("end", () => socket.end());
  };
  await assert.rejects(load(mixed, ECHO), /wrong bytes|more bytes/);
});

test("a server that ends or resets a connection voids the run", { skip }, async () => {
  const ends = (socket: Socket): void => {
    socket.once("data", (chunk) => socket.end(chunk));
  };
  await assert.rejects(load(ends, ECHO), /ended a connection/);
  const resets = (socket: Socket): void => {
    socket.once("data", () => socket.resetAndDestroy());
  };
  await assert.rejects(load(resets, ECHO), /reset/);
});

test("small writes are checked one by one: nine for ten, or two in turned order, are void", {
  skip,
}, async () => {
  const words = "echo --connections 2 --response 320 --patience 30";
  const small =
    (pieces: readonly Uint8Array[]): ((socket: Socket) => void) =>
    (socket) => {
      let unanswered = 0;
      socket.on("data", (chunk) => {
        for (unanswered += chunk.length; unanswered >= 64; unanswered -= 64) {
          for (const piece of pieces) socket.write(piece);
        }
      });
      socket.on("end", () => socket.end());
    };
  assert.ok((await load(small(PIECES), words)).operations > 0);
  await assert.rejects(load(small(PIECES.slice(0, 9)), `${words} ${SOON}`), /wrong bytes|short/);
  await assert.rejects(load(small(PIECES.toReversed()), words), /wrong bytes/);
});

test("a sink that counts one byte less voids the run", { skip }, async () => {
  const sink =
    (error: number): ((socket: Socket) => void) =>
    (socket) => {
      let count = error;
      socket.on("data", (chunk) => {
        count += chunk.length;
      });
      socket.on("end", () => socket.end(String(count)));
    };
  const words = "sink --bytes 3000000 --patience 30";
  assert.equal((await load(sink(0), words)).bytes, 3_000_000);
  await assert.rejects(load(sink(-1), words), /wrong count/);
  await assert.rejects(
    load((socket) => socket.resume().on("end", () => socket.end()), words),
    /no count/,
  );
});

test("a source that sends too little, too much or another byte voids the run", {
  skip,
}, async () => {
  const right = fixedBytes(201_000);
  const words = "source --bytes 200000 --patience 30";
  const source =
    (bytes: Uint8Array): ((socket: Socket) => void) =>
    (socket) =>
      socket.resume().end(bytes);
  assert.equal((await load(source(right), words)).bytes, 200_000);
  await assert.rejects(load(source(right.subarray(1)), words), /wrong bytes/);
  await assert.rejects(load(source(right.subarray(0, -1)), words), /short/);
  await assert.rejects(load(source(fixedBytes(201_001)), words), /more bytes/);
  await assert.rejects(load(source(flip(Buffer.from(right))), words), /wrong bytes/);
});

test("connections that come and go are checked, too", { skip }, async () => {
  const words = "churn --connections 2 --sources 2 --patience 30";
  assert.ok((await load(echo, words)).operations > 0);
  await assert.rejects(load(echoBut(0, flip), words), /wrong bytes/);
  await assert.rejects(
    load((socket) => socket.once("data", (chunk) => socket.end(chunk.subarray(1))), words),
    /wrong bytes|short/,
  );
});

test("idle connections must have answered once", { skip }, async () => {
  const words = "idle --connections 5 --patience 30";
  const report = await load(echo, words);
  assert.equal(report.operations, 5);
  assert.ok(report.rssAfterBytes > 0);
  await assert.rejects(load(echoBut(0, flip), words), /wrong bytes/);
});

test("a lost connection among many is counted, and a wrong byte voids the run", {
  skip,
}, async () => {
  const words = "many --connections 20 --sources 2 --patience 30 --seconds 1";

  let count = 0;
  const loses = (socket: Socket): void => {
    count += 1;
    if (count === 7) socket.once("data", () => socket.destroy());
    else echo(socket);
  };
  assert.equal((await load(loses, words)).lost, 1);
  assert.equal((await load(echo, words)).lost, 0);
  await assert.rejects(load(echoBut(0, flip), words), /wrong bytes/);
});

test("words that are not known void the run", { skip }, async () => {
  await assert.rejects(load(echo, "nonsense"), /no workload nonsense/);
});
