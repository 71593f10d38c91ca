import type {
  Bytes,
  CloseReason,
  EndpointOptions,
  OnError,
  Protocol,
  Transport,
} from "../../contract/index.ts";
import { resolveLimits } from "../../contract/index.ts";
import type { Holder } from "../../flow/index.ts";
import { holderOf, takeOver } from "../../flow/index.ts";
import type { Handshake } from "./handshake.ts";
import { clientHandshake } from "./handshake.ts";
import { ServerHandshakes } from "./server-handshakes.ts";
import type { TlsLayerOptions } from "./tls-layer.ts";
import { OFF, TlsLayer } from "./tls-layer.ts";
import type { TlsOptions, TlsRole } from "./tls-options.ts";
import { checkTlsOptions } from "./tls-options.ts";
import type { TlsTransport } from "./tls-transport.ts";

export interface StartTlsOptions extends TlsOptions, EndpointOptions {
  /** Who begins the handshake: the client, whoever made the connection. */
  readonly role: TlsRole;
  /** Bytes that the protocol was given behind the last plaintext it took: they belong to TLS. */
  readonly early?: Bytes;
}

/**
 * Makes a live connection one over TLS, and resolves to its transport after the handshake.
 *
 * From this call on the protocol is told nothing of the plaintext connection, and `transport` takes
 * no more bytes; what was written before goes ahead of the handshake. Whatever arrives from now on
 * is TLS or an error, so that nothing a third party put behind the last plaintext is ever taken for
 * the peer's word: what was read and not used goes into the handshake. What a `Connection` or a
 * `FramedProtocol` has, this finds by itself; a protocol of your own passes it on as `early`.
 *
 * `next` is made when the handshake is done. Without it the protocol there is goes on, and is not
 * made again: `dataReceived` is then plaintext out of TLS, and the transport to write to is the one
 * this resolves to; closing or pausing the old one does so to the new one. A `Connection` or a
 * `FramedProtocol` cannot go on, since nobody could tell what it still holds in plaintext from what
 * came over TLS: give a fresh one as `next`.
 *
 * Limits are those of the connection, with `options.limits` over them.
 *
 * @throws {ClosedError} ERR_WIRE_CLOSED on a closing or ended connection, or one that a layer has.
 * @throws {BusyError} ERR_WIRE_BUSY while another protocol is taking over.
 * @throws {WireError} rejects as `connect` of `tls()` does; the protocol that was there is then
 *   told `connectionLost`.
 * @throws {TypeError} {RangeError} for wrong options, and for no `next` where one is needed.
 * @see twisted.internet.interfaces.ITLSTransport.startTLS
 *
 * @example a client that goes on over TLS
 * ```ts
 * const secure = new Connection<TlsTransport>();
 * await startTls(plain, { role: "client", servername: "mail.example.org" }, secure);
 * await secure.send("EHLO me\r\n");
 * ```
 */
export async function startTls(
  source: Transport | Holder,
  options: StartTlsOptions,
  next?: Protocol<TlsTransport>,
): Promise<TlsTransport> {
  const handshake = handshakeFor(options);
  const { early, signal } = options;
  signal?.throwIfAborted();
  if (next === undefined && holderOf(source) !== null) throw new TypeError(NEEDS_NEXT);
  let layerOptions!: TlsLayerOptions;
  const layer = new TlsLayer(handshake, () => layerOptions);
  const taken = takeOver(source, layer, early);
  const limits = resolveLimits(options.limits, resolveLimits({}, taken.limits));
  taken.transport.setLimits(OFF);
  const onError = options.onError ?? taken.onError;
  const stop = (): void => layer.cancel(signal?.reason);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      layerOptions = {
        ...(options.observer && { observer: options.observer }),
        onError,
        limits,
        accept: () => next ?? (taken.protocol === null ? null : goingOn(taken.protocol)),
        begun: (error) => (error === undefined ? resolve() : reject(error)),
        ended: (reason) => {
          if (!layer.isOpen) tellLost(taken.protocol, reason, onError);
        },
      };
    });
    const above = layer.transport as TlsTransport;
    taken.succeed(above);
    return above;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

const NEEDS_NEXT =
  "startTls(): a Connection or FramedProtocol does not go on over TLS; give a fresh one, as in " +
  "startTls(plain, options, new Connection())";

/** Made once for the same options: certificates cost time to read. */
const servers = new WeakMap<TlsOptions, ServerHandshakes>();

function handshakeFor(options: StartTlsOptions): Handshake {
  checkTlsOptions("startTls()", options);
  if (options.role === "client") return clientHandshake(options, undefined);
  if (options.role !== "server") {
    throw new RangeError(`startTls(): role must be "client" or "server"`);
  }
  const made = servers.get(options) ?? new ServerHandshakes("startTls()", options);
  servers.set(options, made);
  return made.handshake;
}

/** A protocol that has been made already. */
function goingOn(protocol: Protocol): Protocol {
  const { readConnectionLost, writeConnectionLost } = protocol;
  return {
    connectionMade: () => {},
    dataReceived: (data) => protocol.dataReceived(data),
    connectionLost: (reason) => protocol.connectionLost(reason),
    ...(readConnectionLost && { readConnectionLost: () => readConnectionLost.call(protocol) }),
    ...(writeConnectionLost && { writeConnectionLost: () => writeConnectionLost.call(protocol) }),
  };
}

function tellLost(protocol: Protocol | null, reason: CloseReason, onError: OnError): void {
  try {
    protocol?.connectionLost(reason);
  } catch (error) {
    onError(error, { during: "connectionLost" });
  }
}
