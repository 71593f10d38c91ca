import type { Capability, ClientEndpoint } from "../contract/index.ts";
import { BusyError } from "../contract/index.ts";
import type { GivenOptions } from "./given-endpoint.ts";
import { endsOf, GivenEndpoint } from "./given-endpoint.ts";
import { WebStreamsWire } from "./web-streams-wire.ts";
import type { WebStreams } from "./web-to-streams.ts";

/**
 * An endpoint over a pair of web streams of bytes: of a `WebTransport` stream, a serial port, two
 * `TransformStream`s, a `fetch`.
 *
 * `connect` locks both streams; it works once. What is written is copied.
 *
 * - Half-close goes both ways: our end closes the writer, the peer's end is the reader's.
 * - A write counts as sent when the stream says that it is done; reading stops between two chunks.
 * - A stream that errors ends the connection, `lost`: a reset by its code, all else is
 *   `ERR_WIRE_BROKEN` with that error as `cause`. The errors of `toWebStreams` carry a whole
 *   reason: kind, by and code are kept, and `via` is that reason.
 * - An abort aborts the writer and cancels the reader with an error of code ERR_WIRE_RESET.
 *
 * Capabilities: `abort`, `halfClose`, `linger`, `backPressure`. Where the error of an abort reaches
 * the peer, as through a `TransformStream`, `abortVisible` may be given in `options`.
 *
 * **Not promised:** `abortVisible` by default, and that the other side of the streams hears of an
 * abort: that is for them to tell.
 *
 * @throws {TypeError} unless given both streams.
 * @throws {BusyError} ERR_WIRE_BUSY, from `connect`, when called again or when a stream is locked.
 */
export function fromWebStreams(streams: WebStreams, options: GivenOptions = {}): ClientEndpoint {
  const { readable, writable } = streams ?? {};
  if (typeof readable?.getReader !== "function" || typeof writable?.getWriter !== "function") {
    throw new TypeError("fromWebStreams() takes { readable, writable }, both of them web streams");
  }
  return new GivenEndpoint({
    capabilities: new Set(options.capabilities ?? CAPABILITIES),
    take: (facts) => {
      if (readable.locked || writable.locked) {
        throw new BusyError("connect", "somebody reads or writes these streams already");
      }
      const halves = { reader: readable.getReader(), writer: writable.getWriter() };
      return new WebStreamsWire(halves, facts, endsOf(options));
    },
  });
}

const CAPABILITIES: readonly Capability[] = ["abort", "halfClose", "linger", "backPressure"];
