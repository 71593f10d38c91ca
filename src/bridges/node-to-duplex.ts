import type { Duplex } from "node:stream";
import { TransportDuplex } from "./node-transport-duplex.ts";
import type { Switchable } from "./take-over.ts";
import { takeOver } from "./take-over.ts";

/**
 * A Node stream on a transport, or on a `Connection`, which it takes over with all that is unread.
 *
 * - Half-close: `end()` ends our direction when all is sent, and reading goes on; the peer's end is
 *   `end`, and writing goes on (`allowHalfOpen`). On a wire without half-close the connection is
 *   closed once both directions have ended.
 * - Back-pressure: a reader that does not read holds the peer. A write's callback comes when its
 *   bytes were sent: until then the buffer is the stream's.
 * - Reasons: a connection that did not end in order destroys the stream with an error whose `code`
 *   is the reason's and whose `reason` is the whole of it ({@link StreamError}). What the stream
 *   had buffered and nobody read is lost with it, as on every Node stream.
 * - A peer that takes no more fails a write with ERR_WIRE_CLOSED, once all that it sent was read.
 * - `destroy()` cuts the connection (where the wire can, so that the peer can tell). After `end()`
 *   has finished it closes in order instead, and what still comes is thrown away; `close` does not
 *   wait for that.
 * - `close` comes when the connection is over, but for that case.
 *
 * Nothing is pushed from inside a method of the stream. A connection that is closing or over
 * already gives a stream that fails with ERR_WIRE_CLOSED.
 *
 * **Not promised:** that a `for await` leaves the stream open: Node destroys a stream that was
 * iterated, also at its end, unless told `iterator({ destroyOnReturn: false })`.
 *
 * @throws {TypeError} when `source` is neither a transport nor a Connection.
 * @throws {BusyError} ERR_WIRE_BUSY when an earlier switch has not taken effect yet.
 */
export function toNodeDuplex(source: Switchable): Duplex {
  const stream = new TransportDuplex({ allowHalfOpen: true });
  const refusal = takeOver("toNodeDuplex", source, stream.protocol);
  if (refusal !== null) stream.refuse(refusal);
  return stream;
}
