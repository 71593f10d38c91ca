import type { Bytes, TcpAddress, UnixAddress } from "../../../contract/index.ts";
import type {
  Ends,
  RawServer,
  RawSocket,
  SocketDriver,
  TcpPlace,
  TcpSettings,
  TcpTarget,
  UnixPlace,
} from "../raw-socket.ts";
import { tcpAddress } from "../tcp-address.ts";
import { NativeConnecting } from "./native-connecting.ts";
import { NativeServer } from "./native-server.ts";
import { NativeSocket } from "./native-socket.ts";
import type { PeerName } from "./peer-names.ts";
import type { Reactor } from "./reactor.ts";
import { reactor } from "./reactor.ts";
import { TRAIT } from "./slot-traits.ts";
import { systemError } from "./system-error.ts";

/** Sockets on the reactor. */
export const nativeDriver: SocketDriver = {
  name: "native",
  connectTcp,
  connectUnix,
  listenTcp,
  listenUnix,
};

async function connectTcp(to: TcpTarget, signal: AbortSignal): Promise<RawSocket> {
  const { address, port, localAddress, localPort = 0, settings, family } = to;
  const here = reactor();
  const local = localAddress ?? (localPort === 0 ? undefined : family === 6 ? "::" : "0.0.0.0");
  const begun = here.addon.connectTcp(address, port, local, localPort);
  const slot = await NativeConnecting.finish(here, begun, `${address}:${port}`, signal);
  const socket = new NativeSocket(here, slot, tcpEnds(here, slot));
  if (settings.noDelay) socket.setNoDelay(true);
  if (settings.keepAlive) socket.setKeepAlive(true, settings.keepAliveDelayMs);
  return socket;
}

/**
 * A connected TCP socket from elsewhere, closed if it is none; `unread` was read from it before.
 */
export function adoptTcpSocket(fd: number, unread?: Bytes): RawSocket | Error {
  const here = reactor();
  const { reads, writes, socket, tcp, shared } = TRAIT;
  const slot = here.addon.adopt(fd, reads | writes | socket | tcp | shared);
  if (slot < 0) {
    here.addon.closeDescriptor(fd);
    return systemError(-slot, "adopt");
  }
  return new NativeSocket(here, slot, tcpEnds(here, slot), { early: unread, ending: "shutdown" });
}

async function connectUnix({ native, shown }: UnixPlace, signal: AbortSignal): Promise<RawSocket> {
  const here = reactor();
  const begun = here.addon.connectUnix(Buffer.from(native));
  const slot = await NativeConnecting.finish(here, begun, shown.path ?? "", signal);
  return new NativeSocket(here, slot, { host: unixName(here, slot, false), peer: shown });
}

async function listenTcp(at: TcpPlace): Promise<NativeServer<TcpAddress>> {
  const { address, port, backlog, ipv6Only, settings } = at;
  const here = reactor();
  const slot = here.addon.listenTcp(address, port, backlog, ipv6Only);
  if (slot < 0) throw systemError(-slot, "listen", `${address}:${port}`);
  // What is accepted has what the listening socket has.
  applyTo(here, slot, settings);
  const host = tcpName(here, slot, false) ?? tcpAddress(address, port);
  const isWildcard = host.host === "0.0.0.0" || host.host === "::";
  return new NativeServer(here, slot, host, (arrived, peer) => {
    if (isWildcard || peer.family !== 4) return tcpEnds(here, arrived);
    return new AcceptedEnds(host, peer);
  });
}

async function listenUnix({ native, shown }: UnixPlace, backlog: number): Promise<RawServer> {
  const here = reactor();
  const slot = here.addon.listenUnix(Buffer.from(native), backlog);
  if (slot < 0) throw systemError(-slot, "listen", shown.path ?? "");
  const unnamed: Ends = { host: shown, peer: UNNAMED };
  return new NativeServer(here, slot, shown, (arrived) => {
    const peer = unixName(here, arrived, true);
    return peer.path === null ? unnamed : { host: shown, peer };
  });
}

function applyTo(here: Reactor, slot: number, settings: TcpSettings): void {
  if (settings.noDelay) here.addon.setNoDelay(slot, true);
  const delaySeconds = Math.round(settings.keepAliveDelayMs / 1000);
  if (settings.keepAlive) here.addon.setKeepAlive(slot, true, delaySeconds);
}

/** Both ends of a connected socket; `null` when it has gone and knows them no more. */
function tcpEnds(here: Reactor, slot: number): Ends | null {
  const host = tcpName(here, slot, false);
  const peer = tcpName(here, slot, true);
  return host === null || peer === null ? null : { host, peer };
}

function tcpName(here: Reactor, slot: number, isPeer: boolean): TcpAddress | null {
  const name = here.addon.name(slot, isPeer);
  if (typeof name === "number" || (name[0] !== 4 && name[0] !== 6)) return null;
  return tcpAddress(Buffer.from(name[2]).toString(), name[1]);
}

/** The peer's address is made when it is asked for: most keep none, and two numbers are less. */
class AcceptedEnds implements Ends {
  readonly host: TcpAddress;
  readonly #ipv4: number;
  readonly #port: number;

  constructor(host: TcpAddress, { ipv4, port }: PeerName) {
    this.host = host;
    this.#ipv4 = ipv4;
    this.#port = port;
  }

  get peer(): TcpAddress {
    const ipv4 = this.#ipv4;
    const host = `${ipv4 >>> 24}.${(ipv4 >>> 16) & 255}.${(ipv4 >>> 8) & 255}.${ipv4 & 255}`;
    return { kind: "tcp", host, port: this.#port, family: 4 };
  }
}

/** The exact name of an end; an abstract one begins with `@`, as it is written. */
function unixName(here: Reactor, slot: number, isPeer: boolean): UnixAddress {
  const name = here.addon.name(slot, isPeer);
  if (typeof name === "number" || name[2].byteLength === 0) return UNNAMED;
  const path = Buffer.from(name[2]).toString();
  return { kind: "unix", path: path.startsWith("\0") ? `@${path.slice(1)}` : path };
}

const UNNAMED: UnixAddress = { kind: "unix", path: null };
