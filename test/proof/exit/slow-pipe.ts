import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, read } from "node:fs";
import type { Readable } from "node:stream";
import { makePipe } from "../../wires/fifo.ts";

/** What a slow reader got of a program's standard output, and how the program ended. */
export interface Printed {
  readonly bytes: Buffer;
  readonly status: number | null;
  readonly stderr: string;
}

/** What standard output is: a pipe as shells make them, or a socket as Node makes them. */
export type OutputKind = "pipe" | "socket";

/** Runs a program whose output is read 64 KiB at a time, with rests between. */
export async function runSlowlyRead(
  args: readonly string[],
  kind: OutputKind,
  restMs: number,
): Promise<Printed> {
  const pipe = kind === "pipe" ? makePipe() : null;
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", pipe?.output ?? "pipe", "pipe"],
  });
  if (pipe !== null) closeSync(pipe.output);
  let stderr = "";
  child.stderr?.on("data", (data: Buffer) => (stderr += data.toString()));
  const ended = once(child, "close") as Promise<[number | null]>;
  const reading =
    pipe === null ? readStream(child.stdout as Readable, restMs) : readPipe(pipe.input, restMs);
  const [bytes, [status]] = await Promise.all([reading, ended]);
  return { bytes, status, stderr };
}

/** Reads to the end, and closes. */
async function readPipe(fd: number, restMs: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (;;) {
    await rest(restMs);
    const buffer = Buffer.alloc(PIECE_BYTES);
    const count = await new Promise<number>((resolve, reject) => {
      read(fd, buffer, 0, buffer.length, null, (error, got) =>
        error === null ? resolve(got) : reject(error),
      );
    });
    if (count === 0) break;
    chunks.push(buffer.subarray(0, count));
  }
  closeSync(fd);
  return Buffer.concat(chunks);
}

async function readStream(stream: Readable, restMs: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    await rest(restMs);
  }
  return Buffer.concat(chunks);
}

/** A reader that is slow is what this is about. */
function rest(restMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, restMs));
}

const PIECE_BYTES = 64 * 1024;
