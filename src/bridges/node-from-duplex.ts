import type { Duplex } from "node:stream";
import type { Capability, ClientEndpoint } from "../contract/index.ts";
import { ClosedError } from "../contract/index.ts";
import { systemRuntime } from "../flow/index.ts";
import type { GivenOptions } from "./given-endpoint.ts";
import { endsOf, GivenEndpoint } from "./given-endpoint.ts";
import { DuplexWire } from "./node-duplex-wire.ts";
import { TransportDuplex } from "./node-transport-duplex.ts";

export type FromNodeDuplexOptions = GivenOptions;

/**
 * An endpoint over any Node `Duplex` of bytes: one end of `stream.duplexPair()`, the pipes of a
 * child by `Duplex.from({ readable, writable })`, a channel of an SSH library, a `tls.TLSSocket`.
 *
 * `connect` takes the stream, with what it has buffered; it works once. From then on the stream is
 * the connection's: read, write, end or destroy it only here. What is written is copied.
 *
 * - Half-close goes both ways where the stream has `allowHalfOpen`; elsewhere the capability is
 *   absent, and what is queued when the peer ends is still sent.
 * - A failure of the stream is the reason, `lost`: ECONNRESET and EPIPE are `ERR_WIRE_RESET` by the
 *   peer, all else is `ERR_WIRE_BROKEN` with the stream's error as `cause`. The errors of
 *   `toNodeDuplex` carry a whole reason: kind, by and code are kept, and `via` is that reason.
 * - A stream that closes without its end is `lost`, `ERR_WIRE_BROKEN`.
 *
 * Capabilities: `abort`, `linger`, `backPressure`, and `halfClose` as above. An abort destroys a
 * stream of `toNodeDuplex` or `toNetSocket`, which cuts. Any other is ended, since not every stream
 * tells its other side that it was destroyed, and what it still gives is thrown away; it is
 * destroyed when it has ended, after a second at the latest.
 *
 * **Not promised:** `abortVisible`, and that what the stream had taken before an abort is not
 * delivered. A stream must emit `close` once destroyed, as Node's do by default. `sent` means that
 * the stream has called back.
 *
 * @throws {TypeError} unless it is a Duplex of bytes: no object mode, no `setEncoding`.
 * @throws {ClosedError} ERR_WIRE_CLOSED, from `connect`, when the stream is destroyed already.
 * @throws {BusyError} ERR_WIRE_BUSY, from `connect`, when called again.
 */
export function fromNodeDuplex(
  duplex: Duplex,
  options: FromNodeDuplexOptions = {},
): ClientEndpoint {
  checkDuplex(duplex);
  const { capabilities = defaultsOf(duplex) } = options;
  return new GivenEndpoint({
    capabilities: new Set(capabilities),
    take: (facts) => {
      if (duplex.destroyed) throw new ClosedError("connect", { cause: duplex.errored });
      const Wire = duplex instanceof TransportDuplex ? DuplexWire : ForeignWire;
      return new Wire(duplex, facts, endsOf(options));
    },
  });
}

/** A stream that may not tell its other side that it is gone, unless it is ended first. */
class ForeignWire extends DuplexWire {
  override close(): void {
    const { readableEnded, writableFinished } = this.stream;
    if (readableEnded && writableFinished) super.close();
    else this.#letGo();
  }

  override abort(): void {
    this.#letGo();
  }

  #letGo(): void {
    const { stream } = this;
    this.isSilent = true;
    this.later(() => this.gone());
    if (stream.destroyed) return;
    const { clock } = systemRuntime();
    const timer = clock.after(LET_GO_MAX_MS, () => stream.destroy());
    stream.once("close", () => timer[Symbol.dispose]());
    stream.once("end", () => this.later(() => stream.destroy()));
    stream.end();
    if (stream.readableEnded) stream.destroy();
    else stream.resume();
  }
}

const LET_GO_MAX_MS = 1000;

function defaultsOf({ allowHalfOpen }: Duplex): Iterable<Capability> {
  const always: readonly Capability[] = ["abort", "linger", "backPressure"];
  return allowHalfOpen ? [...always, "halfClose"] : always;
}

function checkDuplex(duplex: Duplex): void {
  const methods = ["on", "write", "end", "pause", "resume", "destroy"];
  const isObject = typeof duplex === "object" && duplex !== null;
  if (!isObject || methods.some((name) => typeof Reflect.get(duplex, name) !== "function")) {
    throw new TypeError("fromNodeDuplex() takes a Duplex stream");
  }
  if (duplex.readableObjectMode || duplex.writableObjectMode || duplex.readableEncoding) {
    throw new TypeError("fromNodeDuplex() takes a stream of bytes, neither of objects nor of text");
  }
}
