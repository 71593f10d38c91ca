/**
 * Raw bytes. Text never crosses the contract: encoding it is a bridge's business.
 *
 * Ownership: a chunk given to `write` is borrowed by the transport until `flushed()` settles or
 * `connectionLost` runs; the caller must not change it meanwhile, the transport never does. A chunk
 * given to `dataReceived` is the receiver's for ever.
 */
export type Bytes = Uint8Array;

/** Whether `value` is a `Uint8Array` (a Node `Buffer` included), of this realm or another. */
export function isBytes(value: unknown): value is Bytes {
  return (
    value instanceof Uint8Array || Object.prototype.toString.call(value) === "[object Uint8Array]"
  );
}
