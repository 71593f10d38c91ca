import { createServer } from "node:net";
import type { SocketPlace } from "../../src/cli/tour/controls/socket-place.ts";
import { bind as listen } from "../../src/cli/tour/controls/socket-place.ts";
import type { Address, Endpoint } from "../../src/contract/index.ts";
import { tcp } from "../../src/wires/tcp/index.ts";
import { unix } from "../../src/wires/unix/index.ts";
import type { Scratch } from "./scratch.ts";

export { listen };

/** The wires that other programs speak, too. */
export type SocketWire = "tcp" | "unix";

export const SOCKET_WIRES: readonly SocketWire[] = ["tcp", "unix"];

/** Where a socket is, as `node:net` takes it. */
export type SocketAddress = SocketPlace;

/** Every ordered pair of them. */
export function pairsOf<T>(items: readonly T[]): (readonly [T, T])[] {
  return items.flatMap((from) => items.map((to) => [from, to] as const));
}

let serial = 0;

/** Where to listen for the first time: an ephemeral port, or a new path. */
export function freshAddress(wire: SocketWire, scratch: Scratch): SocketAddress {
  serial += 1;
  return wire === "tcp" ? { host: "127.0.0.1", port: 0 } : { path: scratch.path(`s${serial}`) };
}

/** A port that is free now, for programs that cannot say which one they took. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const address = await listen(server, { host: "127.0.0.1", port: 0 });
  await new Promise((resolve) => server.close(resolve));
  if (!("port" in address)) throw new Error("Cannot find a free port");
  return address.port;
}

export function endpointAt(at: SocketAddress): Endpoint {
  const endpoint: unknown = "path" in at ? unix({ path: at.path }) : tcp(at);
  return endpoint as Endpoint;
}

export function urlOf(at: SocketAddress): string {
  return "path" in at ? `unix://${at.path}` : `tcp://${at.host}:${at.port}`;
}

/** Where one of our own listeners is bound. */
export function socketAddressOf(address: Address): SocketAddress {
  if (address.kind === "tcp") return { host: address.host, port: address.port };
  if (address.kind === "unix" && address.path !== null) return { path: address.path };
  throw new TypeError(`Cannot reach ${address.kind} through a socket`);
}
