import type { Server, Socket } from "node:net";
import type {
  Address,
  Capability,
  Endpoint,
  EndpointOptions,
  ListeningPort,
  Protocol,
  ProtocolFactory,
  UnixAddress,
  UnixTransport,
} from "../../contract/index.ts";
import { ListenError, WireError } from "../../contract/index.ts";
import type { FlowCalls } from "../../flow/index.ts";
import { systemRuntime } from "../../flow/index.ts";
import { errnoOf, meaningForConnect, meaningForListen } from "../_drivers/errno.ts";
import { AttemptLog, connectSocket, openSocket } from "../_drivers/portable/connect.ts";
import type { Bound } from "../_drivers/portable/listen.ts";
import { listenForSockets, listenOn } from "../_drivers/portable/listen.ts";
import { SocketFlowTransport } from "../_drivers/portable/socket-transport.ts";
import type { SocketWireOptions } from "../_drivers/portable/socket-wire.ts";
import { bindSocketFile } from "./socket-file.ts";
import type { UnixName } from "./unix-name.ts";
import { ABSTRACT_HINT, unixName } from "./unix-name.ts";

export interface UnixOptions {
  /**
   * A path of at most 107 bytes (103 outside Linux), or `@name` for a Linux abstract name. Node
   * fills abstract names up with zero bytes, so only Node programs find each other by them.
   */
  readonly path: string;
  /** Listening: who may connect. Write permission is what counts. Default `0o600`: the owner. */
  readonly mode?: number;
  /** Listening: how many connections may wait. Default 511. */
  readonly backlog?: number;
}

/**
 * UNIX-domain sockets: connects to `path`, or listens there.
 *
 * Listening takes the place of a socket file that nobody listens on, and of nothing else; the file
 * appears with its mode. `stopListening` removes it if it is still the same file. A name that the
 * platform cannot take makes `connect` and `listen` reject with ERR_WIRE_UNSUPPORTED.
 *
 * There is no reset on these sockets: an abort is a plain end to the peer. The peer of an accepted
 * connection is unnamed (`path` null). A full queue at the server is tried again until
 * `connectTimeoutMs`.
 *
 * @throws {TypeError} {RangeError} for options of a wrong type or outside their range.
 * @see twisted.internet.endpoints.UNIXClientEndpoint, UNIXServerEndpoint; no lock file here.
 */
export function unix(options: UnixOptions): Endpoint<UnixTransport> {
  return new UnixEndpoint(checked(options));
}

const CAPABILITIES: ReadonlySet<Capability> = new Set<Capability>([
  "abort",
  "halfClose",
  "linger",
  "backPressure",
  "listen",
]);

class UnixEndpoint implements Endpoint<UnixTransport> {
  readonly #options: Required<UnixOptions>;

  constructor(options: Required<UnixOptions>) {
    this.#options = options;
  }

  async connect<P extends Protocol<UnixTransport>>(
    protocol: P,
    options?: EndpointOptions,
  ): Promise<P> {
    const { native } = unixName(this.#options.path);
    const attempts = new AttemptLog();
    return connectSocket(
      {
        target: this.#target,
        attempts,
        dial: (signal) => this.#dial(native, attempts, signal),
        describe: () => ({ host: UNNAMED, peer: this.#address, resets: false }),
        capabilities: CAPABILITIES,
        transport: makeTransport,
      },
      protocol as P & Protocol,
      options,
    );
  }

  async listen(
    factory: ProtocolFactory<UnixTransport>,
    options: EndpointOptions = {},
  ): Promise<ListeningPort> {
    const name = unixName(this.#options.path);
    const ends: SocketWireOptions = { host: this.#address, peer: UNNAMED, resets: false };
    return listenForSockets({
      factory,
      options,
      backlog: this.#options.backlog,
      capabilities: CAPABILITIES,
      bind: (server) => this.#bind(server, name),
      describe: () => ends,
      transport: makeTransport,
    });
  }

  get #address(): Address {
    return { kind: "unix", path: this.#options.path };
  }

  get #target(): string {
    return `unix://${this.#options.path}`;
  }

  /** The system refuses at once where TCP would wait for a place in the queue; so this waits. */
  async #dial(path: string, attempts: AttemptLog, signal: AbortSignal): Promise<Socket> {
    try {
      return await attempts.track(this.#address, async () => {
        for (let delayMs = 10; ; delayMs = Math.min(delayMs * 2, 500)) {
          try {
            return await openSocket({ path }, signal);
          } catch (error) {
            if (errnoOf(error) !== "EAGAIN") throw this.#explained(error);
          }
          await after(delayMs, signal);
        }
      });
    } catch (error) {
      if (signal.aborted) throw error;
      throw attempts.error(this.#target);
    }
  }

  /** A refused abstract name may well be listened on, by a program that does not fill it up. */
  #explained(error: unknown): unknown {
    const isAbstract = this.#options.path.startsWith("@");
    if (!isAbstract || !(error instanceof Error) || errnoOf(error) !== "ECONNREFUSED") return error;
    const { code, why } = meaningForConnect(error);
    return new WireError(code, `${why} (${ABSTRACT_HINT})`, {
      cause: error,
      address: this.#address,
    });
  }

  async #bind(server: Server, { native, isAbstract }: UnixName): Promise<Bound> {
    const { backlog, mode, path } = this.#options;
    const bind = (name: string): Promise<void> => listenOn(server, { path: name, backlog });
    const host = this.#address;
    if (!isAbstract) {
      const binder = { bind, unbind: () => void server.close() };
      const file = await bindSocketFile(binder, path, mode);
      return { host, release: () => file.release() };
    }
    try {
      await bind(native);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const { code, why } = meaningForListen(error);
      throw new ListenError(code, this.#target, why, { cause: error, address: host });
    }
    return { host };
  }
}

class UnixFlowTransport extends SocketFlowTransport implements UnixTransport {
  override getPeer(): UnixAddress {
    return super.getPeer() as UnixAddress;
  }

  override getHost(): UnixAddress {
    return super.getHost() as UnixAddress;
  }
}

const makeTransport =
  (socket: Socket) =>
  (flow: FlowCalls): UnixFlowTransport =>
    new UnixFlowTransport(flow, socket);

const UNNAMED: Address = { kind: "unix", path: null };

function checked({ path, mode = 0o600, backlog = 511 }: UnixOptions): Required<UnixOptions> {
  if (typeof path !== "string") {
    throw new TypeError(`unix(): path must be a string, not ${String(path)}`);
  }
  if (path === "" || path === "@" || path.includes("\0")) {
    throw new RangeError("unix(): path must not be empty, and must not contain a zero byte");
  }
  checkInteger("mode", mode, 0, 0o777);
  checkInteger("backlog", backlog, 1, 2 ** 31 - 1);
  return { path, mode, backlog };
}

function checkInteger(name: string, value: unknown, least: number, most: number): void {
  if (typeof value !== "number") {
    throw new TypeError(`unix(): ${name} must be a number, not ${String(value)}`);
  }
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(
    `unix(): ${name} must be a whole number from ${least} to ${most}, not ${value}`,
  );
}

function after(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      timer[Symbol.dispose]();
      reject(signal.reason);
    };
    const timer = systemRuntime().clock.after(delayMs, () => {
      signal.removeEventListener("abort", abort);
      resolve();
    });
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
  });
}
