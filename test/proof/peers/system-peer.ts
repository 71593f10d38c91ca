import { createHash } from "node:crypto";
import { createWriteStream, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { connect, createServer, Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { pattern } from "../../../src/testing/pattern.ts";
import { listen } from "../../interop/socket-address.ts";
import type { Ends, PeerResult, SystemPeerOptions } from "../system/peer.ts";

// One end of a connection, of plain Node, in a process of its own. Run with a file of options; says
// on
// standard output where it listens, and writes what it got into a file.

/** Two directions: one socket, or two pipes. */
interface Streams {
  readonly input: Readable;
  readonly output: Writable;
}

const [optionsPath = ""] = process.argv.slice(2);
const options = JSON.parse(readFileSync(optionsPath, "utf8")) as SystemPeerOptions;

async function reach(ends: Ends): Promise<Streams> {
  if (ends.by === "connecting") {
    const { at, tls } = ends;
    const given = { ...at, allowHalfOpen: true };
    return both(tls === undefined ? connect(given) : connectTls({ ...given, ...tls }));
  }
  if (ends.by === "listening") return await accept(ends);
  if (ends.by === "standard streams") return { input: readingFrom(0), output: standardOutput() };
  // In the order in which a shell opens the other ends.
  const output = new Socket({ fd: openSync(ends.write, "w"), readable: false, writable: true });
  return { input: readingFrom(openSync(ends.read, "r")), output };
}

/** Closed when it ends, as a program that is not Node would: a Socket of Node's leaves it open. */
function standardOutput(): Writable {
  return createWriteStream("", { fd: 1 });
}

async function accept({ at, tls }: Extract<Ends, { by: "listening" }>): Promise<Streams> {
  return await new Promise((resolve) => {
    const accepted = (socket: Socket): void => {
      server.close();
      // Node's server of TLS 1.3 sends no end mark when it ends in the turn of the handshake.
      setImmediate(() => resolve(both(socket)));
    };
    const given = { allowHalfOpen: true };
    const server =
      tls === undefined
        ? createServer(given, accepted)
        : createTlsServer({ ...given, ...tls }, accepted);
    void listen(server, at).then((bound) => process.stdout.write(`${JSON.stringify(bound)}\n`));
  });
}

function both(socket: Socket): Streams {
  return { input: socket, output: socket };
}

function readingFrom(fd: number): Readable {
  return new Socket({ fd, readable: true, writable: false });
}

/** Reads to the end, and rests between chunks. */
async function take(input: Readable, restMs = 0): Promise<PeerResult> {
  const hash = createHash("sha256");
  let bytes = 0;
  let hasEnded = false;
  let code: string | undefined;
  input.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    hash.update(chunk);
    if (restMs === 0) return;
    input.pause();
    setTimeout(() => input.resume(), restMs);
  });
  await new Promise<void>((resolve) => {
    input.on("end", () => {
      hasEnded = true;
      resolve();
    });
    input.on("error", (error: NodeJS.ErrnoException) => {
      code ??= error.code ?? error.message;
    });
    input.on("close", resolve);
  });
  const told = { endedAtMs: Date.now(), ...(code === undefined ? {} : { code }) };
  return { bytes, sha256: hash.digest("hex"), hasEnded, ...told };
}

const ACTS: Readonly<Record<SystemPeerOptions["act"], (streams: Streams) => Promise<PeerResult>>> =
  {
    ask: async ({ input, output }) => {
      output.end("hello");
      return await take(input);
    },
    "answer late": async ({ input, output }) => {
      const asked = await take(input);
      await sleep(options.delayMs);
      output.end(pattern(options.byteCount));
      return asked;
    },
    "read slowly and chat": async ({ input, output }) => {
      const chat = setInterval(() => output.write("x"), CHAT_EVERY_MS);
      output.on("error", () => clearInterval(chat));
      const got = await take(input, REST_MS);
      clearInterval(chat);
      output.end();
      return got;
    },
    "write and close": async ({ input, output }) => {
      output.end(pattern(options.byteCount));
      return await take(input);
    },
    "write and leave": async ({ input, output }) => {
      output.end(pattern(options.byteCount));
      await new Promise((resolve) => output.once("close", resolve));
      input.destroy();
      return { bytes: 0, sha256: "", hasEnded: false, endedAtMs: Date.now() };
    },
  };

const CHAT_EVERY_MS = 5;
const REST_MS = 2;

const streams = await reach(options.ends);
streams.output.on("error", () => {});
const result = await ACTS[options.act](streams);
writeFileSync(`${options.report}.part`, JSON.stringify(result));
renameSync(`${options.report}.part`, options.report);
