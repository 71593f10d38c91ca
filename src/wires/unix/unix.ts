import type {
  Capability,
  DriverName,
  Endpoint,
  EndpointOptions,
  ListeningPort,
  Protocol,
  ProtocolFactory,
  UnixAddress,
  UnixTransport,
} from "../../contract/index.ts";
import { ListenError, WireError } from "../../contract/index.ts";
import { systemRuntime } from "../../flow/index.ts";
import { socketDriver } from "../_drivers/choose-driver.ts";
import type { MakeTransport } from "../_drivers/connect.ts";
import { AttemptLog, connectSocket } from "../_drivers/connect.ts";
import { errnoOf, meaningForConnect, meaningForListen } from "../_drivers/errno.ts";
import type { Bound } from "../_drivers/listen.ts";
import { listenForSockets } from "../_drivers/listen.ts";
import type { RawServer, RawSocket, SocketDriver, SocketWire } from "../_drivers/raw-socket.ts";
import { bindSocketFile } from "./socket-file.ts";
import type { UnixName } from "./unix-name.ts";
import { ABSTRACT_HINT, unixName } from "./unix-name.ts";
import { UnixFlowTransport } from "./unix-transport.ts";

export interface UnixOptions {
  /**
   * A path of at most 107 bytes (103 outside Linux), or `@name` for a Linux abstract name. The
   * native
   * driver uses abstract names as they are; the portable one cannot: Node fills them up with zero
   * bytes, so only Node programs find each other by them.
   */
  readonly path: string;
  /** Listening: who may connect. Write permission is what counts. Default `0o600`: the owner. */
  readonly mode?: number;
  /** Listening: how many connections may wait. Default 511. */
  readonly backlog?: number;
  /**
   * Default: the native driver where it loads, the portable one elsewhere; OVERWALL_DRIVER says.
   */
  readonly driver?: DriverName;
}

type CheckedOptions = Required<Omit<UnixOptions, "driver">>;

/**
 * UNIX-domain sockets: connects to `path`, or listens there.
 *
 * Listening takes the place of a socket file that nobody listens on, and of nothing else; the file
 * appears with its mode. `stopListening` removes it if it is still the same file. A name that the
 * platform cannot take makes `connect` and `listen` reject with ERR_WIRE_UNSUPPORTED.
 *
 * There is no reset on these sockets: an abort is a plain end to the peer. The peer of an accepted
 * connection is unnamed (`path` null) unless it bound a name and the driver is native. A full queue
 * at the server is tried again until `connectTimeoutMs`.
 *
 * On the native driver open descriptors travel both ways: `sendFileDescriptor`, and the hook
 * `fileDescriptorReceived` (capability `descriptors`). What no protocol takes is closed, and a
 * message whose descriptors did not fit ends the connection.
 *
 * @throws {TypeError} {RangeError} for options of a wrong type or outside their range.
 * @see twisted.internet.endpoints.UNIXClientEndpoint, UNIXServerEndpoint; no lock file here.
 */
export function unix(options: UnixOptions): Endpoint<UnixTransport> {
  return new UnixEndpoint(checked(options), socketDriver(options.driver));
}

const CAPABILITIES: ReadonlySet<Capability> = new Set<Capability>([
  "abort",
  "halfClose",
  "linger",
  "backPressure",
  "listen",
]);

/** What the native driver adds. */
const NATIVE_CAPABILITIES: ReadonlySet<Capability> = new Set<Capability>([
  ...CAPABILITIES,
  "descriptors",
]);

const makeTransport: MakeTransport = (flow, wire) =>
  new UnixFlowTransport(flow, wire as SocketWire);

class UnixEndpoint implements Endpoint<UnixTransport> {
  readonly #options: CheckedOptions;
  readonly #driver: SocketDriver;

  constructor(options: CheckedOptions, driver: SocketDriver) {
    this.#options = options;
    this.#driver = driver;
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
        goneEnds: () => ({ host: UNNAMED, peer: this.#address }),
        capabilities: this.#capabilities,
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
    return listenForSockets({
      factory,
      options,
      backlog: this.#options.backlog,
      capabilities: this.#capabilities,
      bind: () => this.#bind(name),
      transport: makeTransport,
    });
  }

  get #capabilities(): ReadonlySet<Capability> {
    return this.#driver.name === "native" ? NATIVE_CAPABILITIES : CAPABILITIES;
  }

  get #address(): UnixAddress {
    return { kind: "unix", path: this.#options.path };
  }

  get #target(): string {
    return `unix://${this.#options.path}`;
  }

  /** The system refuses at once where TCP would wait for a place in the queue; so this waits. */
  async #dial(native: string, attempts: AttemptLog, signal: AbortSignal): Promise<RawSocket> {
    const place = { native, shown: this.#address };
    try {
      return await attempts.track(this.#address, async () => {
        for (let delayMs = 10; ; delayMs = Math.min(delayMs * 2, 500)) {
          try {
            return await this.#driver.connectUnix(place, signal);
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
    const mayBeFilledUp = this.#driver.name === "portable" && this.#options.path.startsWith("@");
    if (!mayBeFilledUp || !(error instanceof Error) || errnoOf(error) !== "ECONNREFUSED")
      return error;
    const { code, why } = meaningForConnect(error);
    return new WireError(code, `${why} (${ABSTRACT_HINT})`, {
      cause: error,
      address: this.#address,
    });
  }

  async #bind({ native, isAbstract }: UnixName): Promise<Bound> {
    const { backlog, mode, path } = this.#options;
    const host = this.#address;
    const bind = (name: string): Promise<RawServer> =>
      this.#driver.listenUnix({ native: name, shown: host }, backlog);
    if (!isAbstract) {
      const { server, file } = await bindSocketFile(bind, path, mode);
      return { server, host, release: () => file.release() };
    }
    try {
      return { server: await bind(native), host };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const { code, why } = meaningForListen(error);
      throw new ListenError(code, this.#target, why, { cause: error, address: host });
    }
  }
}

const UNNAMED: UnixAddress = { kind: "unix", path: null };

function checked({ path, mode = 0o600, backlog = 511 }: UnixOptions): CheckedOptions {
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
