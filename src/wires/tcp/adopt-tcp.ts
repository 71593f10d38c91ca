import type {
  Bytes,
  ClientEndpoint,
  EndpointOptions,
  Protocol,
  TcpTransport,
  WireError,
} from "../../contract/index.ts";
import { ConnectError, resolveLimits, UnsupportedError } from "../../contract/index.ts";
import { checkBytes, checkProtocol } from "../../flow/index.ts";
import { meaningForDescriptor } from "../_drivers/errno.ts";
import { whyNotNative } from "../_drivers/native/addon.ts";
import { adoptTcpSocket } from "../_drivers/native/native-driver.ts";
import { openWire } from "../_drivers/open-wire.ts";
import type { SocketWire } from "../_drivers/raw-socket.ts";
import { NATIVE_TCP_CAPABILITIES } from "./tcp-capabilities.ts";
import { TcpFlowTransport } from "./tcp-transport.ts";

export interface AdoptOptions {
  /**
   * A connected TCP socket, from `detach` or from another process: from now on the connection's.
   */
  readonly fd: number;
  /** What was read from it already: delivered first. */
  readonly unread?: Bytes;
}

/**
 * A TCP connection that is there already: one that `detach` gave away, or that came over a UNIX
 * socket. One `connect` for each; the descriptor is closed with the connection, and also when
 * `connect` rejects.
 *
 * Both switches are reported off until they are set: what they were is not asked.
 *
 * @throws {TypeError} {RangeError} for options of a wrong type or outside their range.
 * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED without the native driver.
 */
export function adoptTcp(options: AdoptOptions): ClientEndpoint<TcpTransport> {
  if (typeof options !== "object" || options === null) {
    throw new TypeError("adoptTcp() takes an object of options");
  }
  const { fd, unread } = options;
  if (!Number.isInteger(fd) || fd < 0) {
    throw new RangeError(`adoptTcp(): fd must be a descriptor's number, not ${fd}`);
  }
  if (unread !== undefined) checkBytes("adoptTcp", unread);
  const why = whyNotNative();
  if (why !== null) throw new UnsupportedError("adopt a connection without the native driver", why);
  return { connect: (protocol, given) => adopt(options, protocol, given) };
}

async function adopt<P extends Protocol<TcpTransport>>(
  { fd, unread }: AdoptOptions,
  protocol: P,
  given: EndpointOptions = {},
): Promise<P> {
  const limits = resolveLimits(given.limits);
  checkProtocol(protocol as P & Protocol);
  given.signal?.throwIfAborted();
  const socket = adoptTcpSocket(fd, unread);
  if (socket instanceof Error) throw refusal(fd, socket);
  const { ends } = socket;
  if (ends === null) {
    socket.discard();
    throw gone(fd);
  }
  await new Promise<void>((resolve, reject) => {
    openWire((facts) => socket.wire(facts, ends), given, {
      capabilities: NATIVE_TCP_CAPABILITIES,
      limits,
      accept: () => protocol as P & Protocol,
      begun: (error) => (error === undefined ? resolve() : reject(error)),
      transport: (flow, wire) => new TcpFlowTransport(flow, wire as SocketWire, UNKNOWN),
    });
  });
  return protocol;
}

const UNKNOWN = { noDelay: false, keepAlive: false, keepAliveDelayMs: 60_000 };

function refusal(fd: number, error: Error): ConnectError {
  const { code, why } = meaningForDescriptor(error, fd);
  return new ConnectError(code, `descriptor ${fd}`, why, [], { cause: error });
}

function gone(fd: number): WireError {
  const what = "it is no TCP socket, or its peer has gone";
  return new ConnectError("ERR_WIRE_BROKEN", `descriptor ${fd}`, what, []);
}
