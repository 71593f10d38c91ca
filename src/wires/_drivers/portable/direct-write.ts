import type { Socket } from "node:net";
import type { Bytes } from "../../../contract/index.ts";

/** Told when the system took it all, or why it did not; maybe inside the call. */
export type Written = (error?: Error | null) => void;

/**
 * Writes to a socket past the queue of its stream, by the methods that implementers of streams use:
 * flow has a queue of its own, with one write in flight.
 *
 * The first write is a self-test: it must be counted as the socket counts its own. Where it is not,
 * this answers false from then on, and the stream's own `write` is to be used.
 */
export function writeDirectly(socket: Socket, chunks: readonly Bytes[], written: Written): boolean {
  if (works === true) {
    give(socket, chunks, written);
    return true;
  }
  return works === undefined && isCounted(socket, chunks, written);
}

/** Whether writes go past the stream. */
export function writesDirectly(): boolean {
  return works === true;
}

let works: boolean | undefined;

function isCounted(socket: Socket, chunks: readonly Bytes[], written: Written): boolean {
  const before = socket.bytesWritten;
  try {
    give(socket, chunks, written);
  } catch {
    // Nothing was written: it is done the ordinary way.
    works = false;
    return false;
  }
  if (!socket.destroyed) works = socket.bytesWritten > before;
  return true;
}

function give(socket: Socket, chunks: readonly Bytes[], written: Written): void {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) {
    socket._write(first, ENCODING, written);
    return;
  }
  let size = 0;
  for (const { length } of chunks) size += length;
  if (size <= COPY_MAX_BYTES) giveCopy(socket, chunks, written);
  else socket._writev?.(chunks.map(asPiece), written);
}

/** What the system took at once leaves the room for the next one. */
function giveCopy(socket: Socket, chunks: readonly Bytes[], written: Written): void {
  const into = room;
  let size = 0;
  for (const chunk of chunks) {
    into.set(chunk, size);
    size += chunk.length;
  }
  let isTaken = false;
  socket._write(into.subarray(0, size), ENCODING, (error) => {
    isTaken = true;
    written(error);
  });
  if (!isTaken) room = new Uint8Array(COPY_MAX_BYTES);
}

const ENCODING = "buffer" as BufferEncoding;

/** Up to this much is copied together: cheaper than a list for the system. */
const COPY_MAX_BYTES = 16 * 1024;

let room = new Uint8Array(COPY_MAX_BYTES);

function asPiece(chunk: Bytes): { chunk: Bytes; encoding: BufferEncoding } {
  return { chunk, encoding: ENCODING };
}
