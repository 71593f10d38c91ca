import type {
  Capability,
  DriverName,
  Endpoint,
  EndpointOptions,
  ListeningPort,
  Protocol,
  ProtocolFactory,
  TcpTransport,
} from "../../contract/index.ts";
import { formatAddress, ListenError } from "../../contract/index.ts";
import { systemRuntime } from "../../flow/index.ts";
import { socketDriver } from "../_drivers/choose-driver.ts";
import type { MakeTransport } from "../_drivers/connect.ts";
import { AttemptLog, connectSocket } from "../_drivers/connect.ts";
import { meaningForListen } from "../_drivers/errno.ts";
import type { Bound } from "../_drivers/listen.ts";
import { listenForSockets } from "../_drivers/listen.ts";
import type {
  Ends,
  RawSocket,
  SocketDriver,
  SocketWire,
  TcpSettings,
} from "../_drivers/raw-socket.ts";
import { tcpAddress } from "../_drivers/tcp-address.ts";
import { interleave, race } from "./happy-eyeballs.ts";
import type { TcpHost, TcpLookup } from "./resolve.ts";
import { lookupBySystem, resolveHost } from "./resolve.ts";
import { NATIVE_TCP_CAPABILITIES, TCP_CAPABILITIES } from "./tcp-capabilities.ts";
import { checkTcpOptions } from "./tcp-options.ts";
import { TcpFlowTransport } from "./tcp-transport.ts";

export interface TcpOptions {
  /** A literal address (a zone id is fine: `fe80::1%eth0`) or a name. Default `127.0.0.1`. */
  readonly host?: string;
  /** 0 to 65535. Listening on 0 takes a free one, which `getHost` tells. */
  readonly port: number;
  /** Listening: how many connections may wait. Default 511. */
  readonly backlog?: number;
  /** Listening on an IPv6 address: take no IPv4. Default false. */
  readonly ipv6Only?: boolean;
  /** Whether small writes leave at once. Default true. */
  readonly noDelay?: boolean;
  /** Whether the kernel probes a silent peer. Default false. */
  readonly keepAlive?: boolean;
  /** How long a peer may be silent until probed: at least 1000, whole seconds. Default 60 000. */
  readonly keepAliveDelayMs?: number;
  /** Connecting: the literal address to connect from. Default: the system chooses. */
  readonly localAddress?: string;
  /** Connecting: the port to connect from. Default: the system chooses. */
  readonly localPort?: number;
  /** Connecting to a name: how long one address is tried alone. Default 250. */
  readonly attemptDelayMs?: number;
  /** Connecting and listening by name: how names resolve. Default: the system's resolver. */
  readonly lookup?: TcpLookup;
  /**
   * Default: the native driver where it loads, the portable one elsewhere; OVERWALL_DRIVER says.
   */
  readonly driver?: DriverName;
}

/**
 * TCP: connects to `host` and `port`, or listens there.
 *
 * `connect` resolves a name to all its addresses and races them, IPv6 and IPv4 in turn (RFC 8305):
 * the next attempt starts when one has failed or `attemptDelayMs` has passed, the first that
 * succeeds is kept, the rest are cancelled. An error lists every attempt. `listen` takes the first
 * address of a name.
 *
 * While accepting is paused (`pauseAccepting`, or `maxConnections` is reached) connections wait in
 * the system's queue. On the portable driver they are accepted and kept unread, `backlog` of them;
 * more are closed and `onError` is told.
 *
 * @throws {TypeError} {RangeError} for options of a wrong type or outside their range.
 * @see twisted.internet.endpoints.TCP4ClientEndpoint, TCP6ClientEndpoint, HostnameEndpoint,
 *   TCP4ServerEndpoint, TCP6ServerEndpoint
 */
export function tcp(options: TcpOptions): Endpoint<TcpTransport> {
  checkTcpOptions(options);
  return new TcpEndpoint(options);
}

class TcpEndpoint implements Endpoint<TcpTransport> {
  readonly #options: TcpOptions;
  readonly #host: string;
  readonly #lookup: TcpLookup;
  readonly #settings: TcpSettings;
  readonly #driver: SocketDriver;

  constructor(options: TcpOptions) {
    this.#options = options;
    this.#host = options.host ?? "127.0.0.1";
    this.#lookup = options.lookup ?? lookupBySystem;
    const { noDelay = true, keepAlive = false, keepAliveDelayMs = 60_000 } = options;
    this.#settings = { noDelay, keepAlive, keepAliveDelayMs };
    this.#driver = socketDriver(options.driver);
  }

  get peerName(): string {
    return this.#host;
  }

  async connect<P extends Protocol<TcpTransport>>(
    protocol: P,
    options?: EndpointOptions,
  ): Promise<P> {
    const attempts = new AttemptLog();
    return connectSocket(
      {
        target: this.#target,
        attempts,
        dial: (signal) => this.#dial(attempts, signal),
        goneEnds: () => this.#goneEnds(),
        capabilities: this.#capabilities,
        transport: this.#transport,
      },
      protocol as P & Protocol,
      options,
    );
  }

  async listen(
    factory: ProtocolFactory<TcpTransport>,
    options: EndpointOptions = {},
  ): Promise<ListeningPort> {
    return listenForSockets({
      factory,
      options,
      backlog: this.#backlog,
      capabilities: this.#capabilities,
      bind: () => this.#bind(options.signal ?? new AbortController().signal),
      transport: this.#transport,
    });
  }

  get #target(): string {
    const { port } = this.#options;
    return formatAddress(tcpAddress(this.#host, port));
  }

  get #capabilities(): ReadonlySet<Capability> {
    return this.#driver.name === "native" ? NATIVE_TCP_CAPABILITIES : TCP_CAPABILITIES;
  }

  get #backlog(): number {
    return this.#options.backlog ?? 511;
  }

  readonly #transport: MakeTransport = (flow, wire) =>
    new TcpFlowTransport(flow, wire as SocketWire, this.#settings);

  async #dial(attempts: AttemptLog, signal: AbortSignal): Promise<RawSocket> {
    try {
      const asked = tcpAddress(this.#host, this.#options.port);
      const hosts = await resolveHost(this.#host, this.#lookup, signal).catch((error: unknown) =>
        attempts.track(asked, () => Promise.reject(error)),
      );
      return await race({
        candidates: interleave(hosts),
        attemptDelayMs: this.#options.attemptDelayMs ?? 250,
        clock: systemRuntime().clock,
        signal,
        attempt: (host, stop) => this.#attempt(host, attempts, stop),
        discard: (socket) => socket.discard(),
      });
    } catch (error) {
      if (signal.aborted) throw error;
      throw attempts.error(this.#target);
    }
  }

  #attempt(
    { address, family }: TcpHost,
    attempts: AttemptLog,
    stop: AbortSignal,
  ): Promise<RawSocket> {
    const { port, localAddress, localPort } = this.#options;
    const settings = this.#settings;
    const target = { address, family, port, localAddress, localPort, settings };
    return attempts.track(tcpAddress(address, port), () => this.#driver.connectTcp(target, stop));
  }

  #goneEnds(): Ends {
    const { localAddress = "0.0.0.0", localPort = 0, port } = this.#options;
    return { host: tcpAddress(localAddress, localPort), peer: tcpAddress(this.#host, port) };
  }

  async #bind(signal: AbortSignal): Promise<Bound> {
    const { port, ipv6Only = false } = this.#options;
    try {
      const [first] = await resolveHost(this.#host, this.#lookup, signal);
      const address = first?.address ?? this.#host;
      const place = { address, port, ipv6Only, backlog: this.#backlog, settings: this.#settings };
      const server = await this.#driver.listenTcp(place);
      return { server, host: server.host };
    } catch (error) {
      if (signal.aborted || !(error instanceof Error)) throw error;
      const { code, why } = meaningForListen(error);
      const address = tcpAddress(this.#host, port);
      throw new ListenError(code, this.#target, why, { cause: error, address });
    }
  }
}
