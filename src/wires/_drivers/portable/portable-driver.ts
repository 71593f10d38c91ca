import type { AddressInfo, IpcNetConnectOpts, Socket, TcpNetConnectOpts } from "node:net";
import { connect } from "node:net";
import type { TcpAddress, UnixAddress } from "../../../contract/index.ts";
import type { RawSocket, SocketDriver, TcpPlace, TcpTarget, UnixPlace } from "../raw-socket.ts";
import { tcpAddress } from "../tcp-address.ts";
import { openSocket } from "./open-socket.ts";
import { PortableServer } from "./portable-server.ts";
import { PortableSocket } from "./portable-socket.ts";

/** Sockets on Node's public API. */
export const portableDriver: SocketDriver = {
  name: "portable",
  connectTcp,
  connectUnix,
  listenTcp,
  listenUnix,
};

async function connectTcp(to: TcpTarget, signal: AbortSignal): Promise<RawSocket> {
  const { address, family, port, localAddress, localPort, settings } = to;
  const options: TcpNetConnectOpts = {
    host: address,
    port,
    family,
    autoSelectFamily: false,
    ...(localAddress !== undefined && { localAddress }),
    ...(localPort !== undefined && { localPort }),
  };
  return new PortableSocket(await open(options, signal)).apply(settings);
}

async function connectUnix({ native, shown }: UnixPlace, signal: AbortSignal): Promise<RawSocket> {
  return new PortableSocket(await open({ path: native }, signal), { host: UNNAMED, peer: shown });
}

function listenTcp({ address, settings, ...place }: TcpPlace): Promise<PortableServer<TcpAddress>> {
  return PortableServer.listen(
    { ...place, host: address },
    (server) => {
      const bound = server.address() as AddressInfo;
      return tcpAddress(bound.address, bound.port);
    },
    (socket, host) =>
      new PortableSocket(socket, undefined, isAny(host) ? undefined : host).apply(settings),
  );
}

function listenUnix({ native, shown }: UnixPlace, backlog: number): Promise<PortableServer> {
  return PortableServer.listen(
    { path: native, backlog },
    () => shown,
    (socket) => new PortableSocket(socket, { host: shown, peer: UNNAMED }),
  );
}

/** Whether it listens on every address: only a connection can tell its own then. */
function isAny({ host }: TcpAddress): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** Node tells no names of UNIX sockets. */
const UNNAMED: UnixAddress = { kind: "unix", path: null };

async function open(
  options: TcpNetConnectOpts | IpcNetConnectOpts,
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted();
  return openSocket(connect({ ...options, allowHalfOpen: true }), signal);
}
