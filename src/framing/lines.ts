import type { Bytes } from "../contract/index.ts";
import { LineDecoder } from "./delimited.ts";
import type { FrameLimit } from "./frame-decoder.ts";
import { giveBack } from "./unread.ts";

/**
 * The lines of `source` as text, without their `\n` or `\r\n`.
 *
 * UTF-8; what is not valid becomes U+FFFD, a byte order mark stays. The last line need not be
 * terminated. `lengthMax` counts bytes, 64 KiB by default.
 *
 * Whoever breaks off leaves the rest where it was: when `source` has an `unread` method, as a
 * `Connection` has, all bytes behind the last line handed out go back to it, in order.
 *
 * @throws {TypeError} {RangeError} at the call, for a source that is none, or a limit that is none.
 * @throws {LimitError} ERR_WIRE_LIMIT when a line is longer than `lengthMax`.
 * @throws whatever `source` throws.
 *
 * @example a server that echoes lines
 * ```ts
 * await serve(tcp({ port: 8007 }), async (peer) => {
 *   for await (const line of lines(peer)) await peer.send(`${line}\n`);
 * });
 * ```
 */
export function lines(
  source: AsyncIterable<Bytes>,
  options: FrameLimit = {},
): AsyncGenerator<string, void, void> {
  if (typeof source !== "object" || source === null || !(Symbol.asyncIterator in source)) {
    throw new TypeError("lines() takes an async iterable of Uint8Array chunks, as a Connection is");
  }
  return linesOf(source, new LineDecoder(options));
}

async function* linesOf(
  source: AsyncIterable<Bytes>,
  decoder: LineDecoder,
): AsyncGenerator<string, void, void> {
  const text = new TextDecoder("utf-8", { ignoreBOM: true });
  try {
    for await (const chunk of source) {
      for (const line of decoder.push(chunk)) yield text.decode(line);
    }
    if (decoder.pendingBytes > 0) yield text.decode(decoder.takeRest());
  } finally {
    giveBack(source, decoder.takeRest());
  }
}
