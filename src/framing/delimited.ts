import type { Bytes } from "../contract/index.ts";
import { isBytes, LimitError } from "../contract/index.ts";
import type { ByteQueue } from "./byte-queue.ts";
import { DelimiterSearch } from "./delimiter-search.ts";
import type { FrameCodec, FrameLimit } from "./frame-decoder.ts";
import { DELIMITED_LENGTH_MAX, FrameDecoder } from "./frame-decoder.ts";

/**
 * Frames that end with `delimiter`, which is not part of them. `lengthMax` is 64 KiB by default.
 *
 * @throws {RangeError} when the delimiter is empty.
 * @see twisted.protocols.basic.LineReceiver, with any `delimiter`.
 */
export function delimiterCodec(delimiter: Bytes, options: FrameLimit = {}): FrameCodec {
  const own = Uint8Array.from(checkDelimiter(delimiter));
  return {
    frameName: "a delimited frame",
    createDecoder: () => new DelimiterDecoder(own, options),
    encode(frame) {
      const search = new DelimiterSearch(own);
      // A match that begins in the frame and ends in the delimiter would cut the frame short, too.
      if (search.run(frame) !== -1 || search.run(own) !== own.length) {
        throw new RangeError("Cannot encode a delimited frame: it contains the delimiter");
      }
      return [frame, own];
    },
  };
}

export interface LineOptions extends FrameLimit {
  /** What is written behind each line; both kinds are read. Default `"\n"`. */
  readonly newline?: "\n" | "\r\n";
}

/** Lines of bytes, as {@link LineDecoder} reads them. `lengthMax` is 64 KiB by default. */
export function lineCodec(options: LineOptions = {}): FrameCodec {
  const newline = options.newline === "\r\n" ? CRLF : LF;
  return {
    frameName: "a line",
    createDecoder: () => new LineDecoder(options),
    encode(line) {
      if (line.includes(LF_CODE)) {
        throw new RangeError("Cannot encode a line: it contains a newline");
      }
      if (newline === LF && line.at(-1) === CR_CODE) {
        throw new RangeError('Cannot encode a line: it ends with "\\r", which would be lost');
      }
      return [line, newline];
    },
  };
}

/** Cuts frames that end with a delimiter of one byte or more. */
export class DelimiterDecoder extends FrameDecoder {
  readonly #delimiterLength: number;
  readonly #search: DelimiterSearch;
  readonly #look: (part: Bytes) => number;
  /** How far the search has gone. */
  #searched = 0;

  /** @throws {RangeError} when `delimiter` is empty or `lengthMax` is no whole number. */
  constructor(delimiter: Bytes, { lengthMax = DELIMITED_LENGTH_MAX }: FrameLimit = {}) {
    super(lengthMax);
    const own = Uint8Array.from(checkDelimiter(delimiter));
    this.#delimiterLength = own.length;
    this.#search = new DelimiterSearch(own);
    this.#look = (part) => this.#search.run(part);
  }

  protected override cut(queue: ByteQueue): Bytes | null {
    const end = queue.scan(this.#searched, this.#look);
    if (end === -1) {
      this.#searched = queue.byteLength;
      this.#check(queue, queue.byteLength - this.#search.matched);
      return null;
    }
    this.#searched = 0;
    const length = this.#check(queue, end - this.#delimiterLength);
    const frame = queue.take(length);
    queue.drop(end - length);
    return frame;
  }

  protected override restart(): void {
    this.#searched = 0;
    this.#search.matched = 0;
  }

  /**
   * How many of the last bytes before the delimiter, or before what may become one, belong to it.
   */
  protected surplus(_queue: ByteQueue, _length: number): number {
    return 0;
  }

  #check(queue: ByteQueue, given: number): number {
    const length = given - this.surplus(queue, given);
    if (length <= this.lengthMax) return length;
    throw new LimitError("cut a frame", "its length so far", this.lengthMax, length);
  }
}

/**
 * Cuts lines: each ends with `\n`, and one `\r` before that is not part of it. A `\r` anywhere else
 * stays.
 *
 * @see twisted.protocols.basic.LineOnlyReceiver, which knows one delimiter at a time.
 */
export class LineDecoder extends DelimiterDecoder {
  constructor(options: FrameLimit = {}) {
    super(LF, options);
  }

  protected override surplus(queue: ByteQueue, length: number): number {
    return length > 0 && queue.byteAt(length - 1) === CR_CODE ? 1 : 0;
  }
}

function checkDelimiter(delimiter: Bytes): Bytes {
  if (!isBytes(delimiter)) throw new TypeError("A delimiter must be a Uint8Array");
  if (delimiter.byteLength > 0) return delimiter;
  throw new RangeError("Cannot cut frames: the delimiter is empty");
}

const LF_CODE = 10;
const CR_CODE = 13;
const LF: Uint8Array = Uint8Array.of(LF_CODE);
const CRLF: Uint8Array = Uint8Array.of(CR_CODE, LF_CODE);
