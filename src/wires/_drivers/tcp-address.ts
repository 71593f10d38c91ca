import { isIPv6 } from "node:net";
import type { TcpAddress } from "../../contract/index.ts";

/** The address as a value; an IPv4 address mapped into IPv6 is shown as what it is. */
export function tcpAddress(host: string, port: number): TcpAddress {
  if (!host.includes(":")) return { kind: "tcp", host, port, family: 4 };
  const mapped = MAPPED.exec(host)?.[1];
  if (mapped !== undefined) return { kind: "tcp", host: mapped, port, family: 4 };
  return { kind: "tcp", host, port, family: isIPv6(host) ? 6 : 4 };
}

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
