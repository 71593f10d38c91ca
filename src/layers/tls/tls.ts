import type {
  Address,
  Endpoint,
  EndpointOptions,
  Limits,
  ListeningPort,
  Protocol,
  ProtocolFactory,
} from "../../contract/index.ts";
import { formatAddress, resolveLimits, WireError } from "../../contract/index.ts";
import { defaultOnError } from "../../flow/index.ts";
import { CertificateStore } from "./certificates.ts";
import type { Handshake } from "./handshake.ts";
import { clientHandshake } from "./handshake.ts";
import { ServerHandshakes } from "./server-handshakes.ts";
import { limitsBeneath, TlsLayer } from "./tls-layer.ts";
import type { TlsOptions } from "./tls-options.ts";
import { checkTlsOptions } from "./tls-options.ts";
import type { TlsTransport } from "./tls-transport.ts";

/**
 * TLS over any transport: connects as a client, listens as a server.
 *
 * `connectionMade` comes when the handshake is done and the peer's certificate was found good. A
 * client checks chain and name unless `insecure`; the name is `servername`, else the host beneath,
 * else `localhost`. Versions 1.2 and 1.3, with forward secrecy and authenticated ciphers alone; no
 * renegotiation. A session ends with close-notify both ways; a peer that ends without is
 * ERR_WIRE_TRUNCATED.
 *
 * `connect` rejects with ERR_WIRE_CERTIFICATE when the server's certificate is not taken, and with
 * ERR_WIRE_HANDSHAKE when there is no handshake for another reason; the message says which. On a
 * server these go to `onError`, and listening goes on. In TLS 1.3 a client is done before the
 * server has judged its certificate: it then learns of a refusal as the end of its connection.
 *
 * @throws {TypeError} {RangeError} for options of a wrong type or outside their range, and for a
 *   certificate that does not go with its key.
 * @see twisted.internet.endpoints.wrapClientTLS, twisted.protocols.tls.TLSMemoryBIOFactory
 */
export function tls(lower: Endpoint, options: TlsOptions = {}): Endpoint<TlsTransport> {
  return tlsOver(lower, options);
}

/**
 * The same, made again of what `load` gives when it is asked to reload.
 *
 * @throws as `tls()` does.
 */
export function tlsOver(
  lower: Endpoint,
  options: TlsOptions,
  load?: () => Promise<TlsOptions>,
): Endpoint<TlsTransport> {
  if (typeof lower?.connect !== "function") {
    throw new TypeError("tls() takes the endpoint beneath first, as in tls(tcp({ port }))");
  }
  return new TlsEndpoint(lower, options, load);
}

/** Both roles, from the same options. */
interface Handshakes {
  readonly client: Handshake;
  server: ServerHandshakes | null;
}

class TlsEndpoint implements Endpoint<TlsTransport> {
  readonly peerName?: string;
  readonly reload?: () => Promise<void>;
  readonly #lower: Endpoint;
  #options: TlsOptions;
  #handshakes: Handshakes;

  constructor(lower: Endpoint, options: TlsOptions, load?: () => Promise<TlsOptions>) {
    this.#lower = lower;
    this.#options = options;
    if (lower.peerName !== undefined) this.peerName = lower.peerName;
    this.#handshakes = this.#prepare(options);
    const { certificates } = options;
    if (load !== undefined) this.reload = () => this.#reloadFrom(load);
    else if (certificates instanceof CertificateStore) this.reload = () => certificates.reload();
  }

  /** Nothing of the new ones is used before all of them were found good. */
  async #reloadFrom(load: () => Promise<TlsOptions>): Promise<void> {
    const options = await load();
    this.#handshakes = this.#prepare(options);
    this.#options = options;
  }

  #prepare(options: TlsOptions): Handshakes {
    checkTlsOptions("tls()", options);
    const isServer = options.cert !== undefined || options.certificates !== undefined;
    const server = isServer ? new ServerHandshakes("tls()", options) : null;
    return { client: clientHandshake(options, this.peerName), server };
  }

  async connect<P extends Protocol<TlsTransport>>(
    protocol: P,
    options: EndpointOptions = {},
  ): Promise<P> {
    const { signal } = options;
    const limits = resolveLimits(options.limits);
    const startMs = performance.now();
    let layer!: TlsLayer;
    const begun = new Promise<void>((resolve, reject) => {
      const told = (error: unknown): void => (error === undefined ? resolve() : reject(error));
      layer = new TlsLayer(this.#handshakes.client, () => ({
        ...watching(options),
        limits,
        accept: () => protocol,
        begun: told,
      }));
    });
    begun.catch(() => {});
    const stop = (): void => layer.cancel(signal?.reason);
    signal?.addEventListener("abort", stop, { once: true });
    let timer: Disposable | undefined;
    try {
      await this.#lower.connect(layer, {
        limits: limitsBeneath(options.limits),
        ...(options.onError && { onError: options.onError }),
        ...(signal && { signal }),
      });
      timer = stopAfter(layer, limits, performance.now() - startMs);
      await begun;
      return protocol;
    } finally {
      timer?.[Symbol.dispose]();
      signal?.removeEventListener("abort", stop);
    }
  }

  async listen(
    factory: ProtocolFactory<TlsTransport>,
    options: EndpointOptions = {},
  ): Promise<ListeningPort> {
    if (typeof factory !== "function") {
      throw new TypeError("listen() takes a function that makes a protocol");
    }
    this.#handshakes.server ??= new ServerHandshakes("tls()", this.#options);
    // Looked up for each connection: a reload counts from the next one on.
    const handshake: Handshake = (...given) => this.#handshakes.server?.handshake(...given);
    const limits = resolveLimits(options.limits);
    const onError = options.onError ?? defaultOnError;
    const failed = (error: unknown, layer: TlsLayer, peer: Address): void => {
      // A factory or a connectionMade that throws has been told of, or is the protocol's own end.
      if (error === undefined || layer.isOpen) return;
      const host = layer.lower?.getHost();
      onError(error, { during: "handshake", peer, ...(host && { host }) });
    };
    const make = (peer: Address): TlsLayer =>
      new TlsLayer(handshake, () => ({
        ...watching(options),
        limits,
        accept: factory,
        begun: (error, layer) => failed(error, layer, peer),
      }));
    return this.#lower.listen(make, {
      limits: limitsBeneath(options.limits),
      onError,
      ...(options.signal && { signal: options.signal }),
    });
  }
}

function watching({ observer, onError }: EndpointOptions): Omit<EndpointOptions, "limits"> {
  return { ...(observer && { observer }), ...(onError && { onError }) };
}

/** What the connection beneath has left of the time for connecting. */
function stopAfter(layer: TlsLayer, limits: Limits, spentMs: number): Disposable | undefined {
  const { connectTimeoutMs } = limits;
  if (connectTimeoutMs === Infinity) return undefined;
  return layer.runtime?.clock.after(Math.max(0, connectTimeoutMs - spentMs), () => {
    const peer = layer.lower?.getPeer();
    const target = peer === undefined ? "the peer" : formatAddress(peer);
    const what = `Cannot connect to ${target}: no handshake within ${connectTimeoutMs} ms`;
    layer.cancel(new WireError("ERR_WIRE_TIMEOUT", what, peer && { address: peer }));
  });
}
