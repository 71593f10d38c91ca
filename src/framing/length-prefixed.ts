import type { Bytes } from "../contract/index.ts";
import { LimitError } from "../contract/index.ts";
import type { ByteQueue } from "./byte-queue.ts";
import type { FrameCodec, FrameLimit } from "./frame-decoder.ts";
import { FrameDecoder, TOLD_LENGTH_MAX } from "./frame-decoder.ts";

/** How wide the length before each frame is. */
export type LengthBits = 8 | 16 | 32;

export interface LengthPrefixedOptions extends FrameLimit {
  /** Default false: the most significant byte comes first. */
  readonly littleEndian?: boolean;
}

/**
 * Frames with their length before them, unsigned, not counting itself. `lengthMax` is 1 MiB by
 * default, or what the length can tell, if that is less.
 *
 * @throws {RangeError} when `bits` is not 8, 16 or 32.
 * @see twisted.protocols.basic.Int8StringReceiver, Int16StringReceiver, Int32StringReceiver
 */
export function lengthPrefixedCodec(
  bits: LengthBits,
  options: LengthPrefixedOptions = {},
): FrameCodec {
  const headerBytes = checkBits(bits) / 8;
  const tellable = 2 ** bits - 1;
  return {
    frameName: `a frame with a ${bits}-bit length`,
    createDecoder: () => new LengthPrefixedDecoder(bits, options),
    encode(frame) {
      const length = frame.byteLength;
      if (length > tellable) {
        throw new RangeError(
          `Cannot encode a frame of ${length} bytes: ${bits} bits tell at most ${tellable}`,
        );
      }
      const header = new Uint8Array(headerBytes);
      for (let i = 0; i < headerBytes; i++) {
        const place = options.littleEndian === true ? i : headerBytes - 1 - i;
        header[place] = Math.floor(length / 256 ** i) % 256;
      }
      return length === 0 ? [header] : [header, frame];
    },
  };
}

/** Cuts frames with an 8, 16 or 32 bit length before them. A length too great is refused unread. */
export class LengthPrefixedDecoder extends FrameDecoder {
  readonly #headerBytes: number;
  readonly #littleEndian: boolean;

  /** @throws {RangeError} when `bits` is not 8, 16 or 32, or `lengthMax` is no whole number. */
  constructor(bits: LengthBits, { lengthMax, littleEndian = false }: LengthPrefixedOptions = {}) {
    super(lengthMax ?? Math.min(TOLD_LENGTH_MAX, 2 ** checkBits(bits) - 1));
    this.#headerBytes = checkBits(bits) / 8;
    this.#littleEndian = littleEndian;
  }

  protected override cut(queue: ByteQueue): Bytes | null {
    const headerBytes = this.#headerBytes;
    if (queue.byteLength < headerBytes) return null;
    const length = this.#readLength(queue);
    if (length > this.lengthMax) {
      throw new LimitError("cut a frame", "its length", this.lengthMax, length);
    }
    if (queue.byteLength < headerBytes + length) return null;
    queue.drop(headerBytes);
    return queue.take(length);
  }

  protected override restart(): void {}

  #readLength(queue: ByteQueue): number {
    const last = this.#headerBytes - 1;
    let length = 0;
    for (let i = 0; i <= last; i++) {
      length = length * 256 + queue.headByteAt(this.#littleEndian ? last - i : i);
    }
    return length;
  }
}

function checkBits(bits: LengthBits): LengthBits {
  if (bits === 8 || bits === 16 || bits === 32) return bits;
  throw new RangeError(`Cannot tell a length in ${String(bits)} bits: choose 8, 16 or 32`);
}
