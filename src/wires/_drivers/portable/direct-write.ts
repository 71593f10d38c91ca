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
  if (works === false) return false;
  const before = socket.bytesWritten;
  const data = coalesced(chunks);
  try {
    if (data !== null) socket._write(data, ENCODING, written);
    else socket._writev?.(chunks.map(asPiece), written);
  } catch {
    // Nothing was written: it is done the ordinary way.
    works = false;
    return false;
  }
  if (works === undefined) works = socket.destroyed ? undefined : socket.bytesWritten > before;
  return true;
}

let works: boolean | undefined;

const ENCODING = "buffer" as BufferEncoding;

/** Up to this much is copied together: cheaper than a list for the system. */
const COPY_MAX_BYTES = 16 * 1024;

function coalesced(chunks: readonly Bytes[]): Bytes | null {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) return first;
  let size = 0;
  for (const { length } of chunks) size += length;
  return size <= COPY_MAX_BYTES ? Buffer.concat(chunks, size) : null;
}

function asPiece(chunk: Bytes): { chunk: Bytes; encoding: BufferEncoding } {
  return { chunk, encoding: ENCODING };
}
