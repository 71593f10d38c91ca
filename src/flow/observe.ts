import type { Observer, Transport } from "../contract/index.ts";
import { UnsupportedError } from "../contract/index.ts";

/** A transport that can be watched. */
export interface Observable {
  observe(observer: Observer): Disposable;
}

/**
 * Watches `transport` from now on; what happened before, `opened` included, is not told again.
 *
 * Taps, event streams and the inspector stand on this alone. Disposing the result stops it.
 *
 * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED when the transport is not made by flow.
 * @clause observe.bytes observe.ended
 */
export function observe(transport: Transport, observer: Observer): Disposable {
  if (!isObservable(transport)) {
    throw new UnsupportedError("observe the transport", "it does not report events");
  }
  return transport.observe(observer);
}

function isObservable(transport: Transport): transport is Transport & Observable {
  return typeof Reflect.get(transport, "observe") === "function";
}
