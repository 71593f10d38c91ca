import type { Socket } from "node:net";
import { connect } from "node:net";
import type {
  Capability,
  Endpoint,
  EndpointOptions,
  ListeningPort,
  PipeAddress,
  Protocol,
  ProtocolFactory,
} from "../../contract/index.ts";
import { formatAddress, ListenError, UnsupportedError } from "../../contract/index.ts";
import type { MakeTransport } from "../_drivers/connect.ts";
import { AttemptLog, connectSocket } from "../_drivers/connect.ts";
import { meaningForListen } from "../_drivers/errno.ts";
import type { Bound } from "../_drivers/listen.ts";
import { listenForSockets } from "../_drivers/listen.ts";
import { openSocket } from "../_drivers/portable/open-socket.ts";
import { PortableServer } from "../_drivers/portable/portable-server.ts";
import type { Ends, SocketWire } from "../_drivers/raw-socket.ts";
import { SocketFlowTransport } from "../_drivers/socket-transport.ts";
import { PipeSocket } from "./pipe-wire.ts";

export interface PipeOptions {
  /** What follows `\\.\pipe\`: up to 247 characters, no backslash among them. */
  readonly name: string;
  /** Listening: how many connections may wait while accepting is paused. Default 511. */
  readonly backlog?: number;
}

/**
 * Named pipes of Windows: connects to the one called `name`, or listens there.
 *
 * A pipe knows no end of one direction, so `loseWriteConnection` is refused (capability `halfClose`
 * is absent), and no reset: an abort is a plain end to the peer. `loseConnection` flushes and
 * closes; the peer still reads what was sent. What the peer writes after that fails there.
 *
 * Whoever may write to the pipe is whom Windows lets by default: the same user, administrators and
 * the system, also from other machines where these may log in. A server that a client trusts can
 * act in the client's name: connect to names of programs you trust. A busy server is waited for.
 *
 * **Not promised:** that the name is free at once after `stopListening`: Windows keeps it while a
 * connection made there lives.
 *
 * @throws {TypeError} {RangeError} for options of a wrong type or outside their range.
 * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED on other systems.
 */
export function pipe(options: PipeOptions): Endpoint {
  const resolved = checked(options);
  if (process.platform !== "win32") {
    const address: PipeAddress = { kind: "pipe", name: resolved.name };
    const why = "named pipes are of Windows; use unix here";
    throw new UnsupportedError(`use ${formatAddress(address)}`, why, { address });
  }
  return new PipeEndpoint(resolved);
}

const CAPABILITIES: ReadonlySet<Capability> = new Set<Capability>([
  "abort",
  "backPressure",
  "listen",
]);

const UNNAMED: PipeAddress = { kind: "pipe", name: null };

const makeTransport: MakeTransport = (flow, wire) =>
  new SocketFlowTransport(flow, wire as SocketWire);

class PipeEndpoint implements Endpoint {
  readonly #options: Required<PipeOptions>;
  readonly #address: PipeAddress;

  constructor(options: Required<PipeOptions>) {
    this.#options = options;
    this.#address = { kind: "pipe", name: options.name };
  }

  connect<P extends Protocol>(protocol: P, options?: EndpointOptions): Promise<P> {
    const attempts = new AttemptLog();
    const ends: Ends = { host: UNNAMED, peer: this.#address };
    return connectSocket(
      {
        target: formatAddress(this.#address),
        attempts,
        dial: async (signal) => {
          try {
            return await attempts.track(this.#address, async () => {
              const socket = await openSocket(connect({ path: this.#path }), signal);
              return new PipeSocket(socket, ends);
            });
          } catch (error) {
            throw signal.aborted ? error : attempts.error(formatAddress(this.#address));
          }
        },
        goneEnds: () => ends,
        capabilities: CAPABILITIES,
        transport: makeTransport,
      },
      protocol,
      options,
    );
  }

  listen(factory: ProtocolFactory, options: EndpointOptions = {}): Promise<ListeningPort> {
    return listenForSockets({
      factory,
      options,
      backlog: this.#options.backlog,
      capabilities: CAPABILITIES,
      bind: () => this.#bind(),
      transport: makeTransport,
    });
  }

  get #path(): string {
    return `\\\\.\\pipe\\${this.#options.name}`;
  }

  async #bind(): Promise<Bound> {
    const host = this.#address;
    const adopt = (socket: Socket): PipeSocket => new PipeSocket(socket, { host, peer: UNNAMED });
    try {
      const server = await PortableServer.listen({ path: this.#path }, () => host, adopt);
      return { server, host };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const { code, why } = meaningForListen(error);
      throw new ListenError(code, formatAddress(host), why, { cause: error, address: host });
    }
  }
}

/** `\\.\pipe\` and the name are 256 characters at most. */
const NAME_MAX = 247;

function checked({ backlog = 511, name }: PipeOptions): Required<PipeOptions> {
  if (typeof name !== "string") {
    throw new TypeError(`pipe(): name must be a string, not ${String(name)}`);
  }
  if (name === "" || name.length > NAME_MAX || /[\\\0]/.test(name)) {
    const rule = `1 to ${NAME_MAX} characters, without a backslash or a zero byte`;
    throw new RangeError(`pipe(): name must be ${rule}`);
  }
  if (!Number.isInteger(backlog) || backlog < 1) {
    throw new RangeError(`pipe(): backlog must be a whole number from 1, not ${String(backlog)}`);
  }
  return { name, backlog };
}
