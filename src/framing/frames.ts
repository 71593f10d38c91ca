import type { Bytes } from "../contract/index.ts";
import { PeerProtocolError } from "../contract/index.ts";
import type { FrameCodec } from "./frame-decoder.ts";
import { giveBack } from "./unread.ts";

/**
 * The frames of `source`, one by one.
 *
 * Whoever breaks off leaves the rest where it was: when `source` has an `unread` method, as a
 * `Connection` has, all bytes that were read and not handed out as a frame go back to it, in order.
 *
 * @throws {LimitError} ERR_WIRE_LIMIT when a frame is longer than the codec's `lengthMax`.
 * @throws {PeerProtocolError} ERR_WIRE_PEER_PROTOCOL when the bytes are no such framing, or end in
 *   the middle of a frame.
 * @throws whatever `source` throws.
 */
export async function* frames(
  source: AsyncIterable<Bytes>,
  codec: FrameCodec,
): AsyncGenerator<Bytes, void, void> {
  const decoder = codec.createDecoder();
  try {
    for await (const chunk of source) yield* decoder.push(chunk);
    if (decoder.pendingBytes > 0) {
      throw new PeerProtocolError(
        `read ${codec.frameName}`,
        `the input ended in the middle of a frame, after ${decoder.pendingBytes} bytes of it`,
      );
    }
  } finally {
    giveBack(source, decoder.takeRest());
  }
}
