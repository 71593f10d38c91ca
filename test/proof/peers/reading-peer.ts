import { createHash } from "node:crypto";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import type { ReadingPeerOptions, ReadingPeerResult } from "./reading-peers.ts";

// A client of plain sockets, in a process of its own: reads slowly, and chats meanwhile if it is
// told
// to. Prints what each of its connections got.
const options = JSON.parse(process.argv[2] ?? "{}") as ReadingPeerOptions;
const { at, tls, connections, atOnce, chatEveryMs, restMs, afterEnd, holdMs = 0 } = options;

async function readOne(): Promise<ReadingPeerResult> {
  const hash = createHash("sha256");
  const given = { ...at, allowHalfOpen: true };
  const socket = tls === undefined ? connect(given) : connectTls({ ...given, ...tls });
  let bytes = 0;
  let hasEnded = false;
  let endedAtMs = 0;
  let code: string | undefined;
  const chat =
    chatEveryMs === undefined ? undefined : setInterval(() => socket.write("x"), chatEveryMs);
  socket.on("data", (chunk) => {
    bytes += chunk.length;
    hash.update(chunk);
    socket.pause();
    setTimeout(() => socket.resume(), restMs);
  });
  socket.on("end", () => {
    hasEnded = true;
    endedAtMs = Date.now();
    if (afterEnd === "chat on") return;
    clearInterval(chat);
    if (afterEnd === "end") socket.end();
    else setTimeout(() => socket.destroy(), holdMs);
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    if (hasEnded) return;
    code = error.code ?? error.message;
    endedAtMs = Date.now();
  });
  await new Promise((resolve) => socket.once("close", resolve));
  clearInterval(chat);
  const told = { hasEnded, endedAtMs, ...(code === undefined ? {} : { code }) };
  return { bytes, sha256: hash.digest("hex"), ...told };
}

const results: ReadingPeerResult[] = [];
let begun = 0;
async function readSome(): Promise<void> {
  while (begun < connections) {
    begun += 1;
    results.push(await readOne());
  }
}
await Promise.all(Array.from({ length: atOnce }, readSome));
process.stdout.write(`${JSON.stringify(results)}\n`);
