import type { Bytes } from "../contract/index.ts";
import { LimitError, PeerProtocolError } from "../contract/index.ts";
import type { ByteQueue } from "./byte-queue.ts";
import type { FrameCodec, FrameLimit } from "./frame-decoder.ts";
import { FrameDecoder, TOLD_LENGTH_MAX } from "./frame-decoder.ts";

/**
 * Netstrings: `5:hello,`. `lengthMax` is 1 MiB by default.
 *
 * @see twisted.protocols.basic.NetstringReceiver
 */
export function netstringCodec(options: FrameLimit = {}): FrameCodec {
  return {
    frameName: "a netstring",
    createDecoder: () => new NetstringDecoder(options),
    encode(frame) {
      const header = new TextEncoder().encode(`${frame.byteLength}:`);
      return [header, frame, COMMA];
    },
  };
}

/**
 * Cuts netstrings, strictly: no leading zero, nothing but digits before the colon, a comma at the
 * end. A digit that takes the length over `lengthMax` is the last one read.
 */
export class NetstringDecoder extends FrameDecoder {
  constructor({ lengthMax = TOLD_LENGTH_MAX }: FrameLimit = {}) {
    super(lengthMax);
  }

  protected override cut(queue: ByteQueue): Bytes | null {
    const header = this.#readHeader(queue);
    if (header === null || queue.byteLength < header.bytes + header.length + 1) return null;
    const last = queue.byteAt(header.bytes + header.length);
    if (last !== COMMA_CODE) throw malformed("a comma after the last byte", last);
    queue.drop(header.bytes);
    const frame = queue.take(header.length);
    queue.drop(1);
    return frame;
  }

  protected override restart(): void {}

  #readHeader(queue: ByteQueue): { readonly bytes: number; readonly length: number } | null {
    let length = 0;
    for (let i = 0; i < queue.byteLength; i++) {
      const byte = queue.headByteAt(i);
      if (byte === COLON_CODE && i > 0) return { bytes: i + 1, length };
      if (i > 0 && length === 0) throw malformed("a colon after the length 0", byte);
      if (byte < ZERO_CODE || byte > NINE_CODE) {
        throw malformed(i === 0 ? "a digit" : "a digit or a colon", byte);
      }
      length = length * 10 + (byte - ZERO_CODE);
      if (length > this.lengthMax) {
        throw new LimitError("cut a netstring", "its length", this.lengthMax, length);
      }
    }
    return null;
  }
}

function malformed(expected: string, byte: number): PeerProtocolError {
  const got = `0x${byte.toString(16).padStart(2, "0")}`;
  return new PeerProtocolError("cut a netstring", `expected ${expected}, got ${got}`);
}

const ZERO_CODE = 48;
const NINE_CODE = 57;
const COLON_CODE = 58;
const COMMA_CODE = 44;
const COMMA: Uint8Array = Uint8Array.of(COMMA_CODE);
