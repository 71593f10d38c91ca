import type { Socket } from "node:net";
import { isIPv6 } from "node:net";
import type { TcpAddress } from "../../contract/index.ts";
import type { Ends } from "../_drivers/portable/socket-wire.ts";

/** The address as a value; an IPv4 address mapped into IPv6 is shown as what it is. */
export function tcpAddress(host: string, port: number): TcpAddress {
  const mapped = MAPPED.exec(host)?.[1];
  if (mapped !== undefined) return { kind: "tcp", host: mapped, port, family: 4 };
  return { kind: "tcp", host, port, family: isIPv6(host) ? 6 : 4 };
}

/** Both ends of a connected socket; `null` when it has gone and knows them no more. */
export function tcpEnds(socket: Socket): Ends | null {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  if (localAddress === undefined || localPort === undefined) return null;
  if (remoteAddress === undefined || remotePort === undefined) return null;
  return {
    host: tcpAddress(localAddress, localPort),
    peer: tcpAddress(remoteAddress, remotePort),
  };
}

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
