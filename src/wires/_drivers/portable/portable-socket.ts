import type { Socket } from "node:net";
import type { TcpAddress } from "../../../contract/index.ts";
import type { Facts } from "../../../flow/index.ts";
import type { Ends, RawSocket, SocketWire, TcpSettings } from "../raw-socket.ts";
import { tcpAddress } from "../tcp-address.ts";
import { NodeSocketWire } from "./node-socket-wire.ts";

/** A connected, paused `net.Socket`; an error of it is told by its wire, if it gets one. */
export class PortableSocket implements RawSocket {
  readonly ends: Ends | null;
  readonly #socket: Socket;
  readonly #resets: boolean;

  /**
   * @param ends of a UNIX socket; TCP sockets know theirs.
   * @param host our end of a TCP socket, where it is known.
   */
  constructor(socket: Socket, ends?: Ends, host?: TcpAddress) {
    this.#socket = socket;
    this.#resets = ends === undefined;
    this.ends = ends ?? tcpEnds(socket, host);
    socket.on("error", ignored);
  }

  wire(facts: Facts, ends: Ends): SocketWire {
    return new NodeSocketWire(this.#socket, facts, ends, this.#resets);
  }

  discard(): void {
    this.#socket.destroy();
  }

  /** A fresh socket has neither. */
  apply({ noDelay, keepAlive, keepAliveDelayMs }: TcpSettings): this {
    if (noDelay) this.#socket.setNoDelay(true);
    if (keepAlive) this.#socket.setKeepAlive(true, keepAliveDelayMs);
    return this;
  }
}

/** Both ends of a connected socket; `null` when it has gone and knows them no more. */
function tcpEnds(socket: Socket, host: TcpAddress | undefined): Ends | null {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return null;
  const ours = host ?? localEnd(socket);
  return ours === null ? null : { host: ours, peer: tcpAddress(remoteAddress, remotePort) };
}

function localEnd({ localAddress, localPort }: Socket): TcpAddress | null {
  if (localAddress === undefined || localPort === undefined) return null;
  return tcpAddress(localAddress, localPort);
}

/** What happens to a socket that nobody serves yet; its wire tells it later, if it is served. */
function ignored(): void {}
