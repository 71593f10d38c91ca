import type { Address, Endpoint } from "../../../contract/index.ts";
import type { TlsOptions } from "../../../layers/tls/index.ts";
import { selfSigned, tls } from "../../../layers/tls/index.ts";
import { tcp } from "../../../wires/tcp/index.ts";
import { unix } from "../../../wires/unix/index.ts";
import { listeningWire } from "./listening-wire.ts";
import type { TourWire } from "./tour-wire.ts";

/** TCP on the loopback, at a port that is free. */
export const tcpWire: TourWire = listeningWire({
  key: "tcp",
  title: "tcp",
  column: "tcp",
  capabilities: ["abortVisible"],
  server: () => tcp({ port: 0 }),
  leadingTo: overTcp,
  commands: (host) => [`nc ${hostAndPort(host, " ")}`, `overwall connect ${urlOf(host)}`],
});

/** TLS 1.3 over that, with a certificate made on the spot. */
export const tlsWire: TourWire = listeningWire({
  key: "tls",
  title: "tls 1.3",
  column: "tls",
  capabilities: ["abortVisible", "endMark"],
  server: () => secured(tcp({ port: 0 })),
  leadingTo: (host) => trusting(overTcp(host)),
  commands: (host) => [
    `openssl s_client -quiet -connect ${hostAndPort(host, ":")}`,
    `overwall connect 'tls://${hostAndPort(host, ":")}?insecure'`,
  ],
});

/** A socket in the tour's own folder. */
export const unixWire: TourWire = listeningWire({
  key: "unix",
  title: "unix",
  column: "unx",
  file: "chat.sock",
  absent: withoutUnixSockets,
  capabilities: [],
  server: (path) => unix({ path }),
  leadingTo: overUnix,
  commands: (host) => [`nc -U ${pathOf(host)}`, `overwall connect ${urlOf(host)}`],
});

/** TLS over a socket of that kind. */
export const tlsUnixWire: TourWire = listeningWire({
  key: "tls+unix",
  title: "tls+unix",
  column: "t+u",
  file: "tls.sock",
  absent: withoutUnixSockets,
  capabilities: ["endMark"],
  server: (path) => secured(unix({ path })),
  leadingTo: (host) => trusting(overUnix(host)),
  commands: (host) => [
    `openssl s_client -quiet -unix ${pathOf(host)}`,
    `overwall connect 'tls+${urlOf(host)}?insecure'`,
  ],
});

function withoutUnixSockets(): string | undefined {
  return process.platform === "win32" ? "this system has no UNIX sockets in Node" : undefined;
}

function overTcp(address: Address): Endpoint {
  if (address.kind !== "tcp") throw new TypeError("a TCP port is not bound to a TCP address");
  const endpoint: unknown = tcp({ host: address.host, port: address.port });
  return endpoint as Endpoint;
}

function overUnix(address: Address): Endpoint {
  const endpoint: unknown = unix({ path: pathOf(address) });
  return endpoint as Endpoint;
}

let made: Promise<TlsOptions> | undefined;
let identity: TlsOptions = {};

/** One certificate for the whole tour; its members trust it and no other. */
function certificate(): Promise<TlsOptions> {
  made ??= selfSigned({ names: ["localhost", "127.0.0.1"], days: 1 }).then((pair) => {
    identity = { ...pair, ca: pair.cert, minVersion: "TLSv1.3" };
    return identity;
  });
  return made;
}

async function secured(lower: unknown): Promise<Endpoint> {
  return tls(lower as Endpoint, await certificate()) as unknown as Endpoint;
}

/** To a place that was secured before, so the certificate is there. */
function trusting(lower: Endpoint): Endpoint {
  return tls(lower, { ...identity, servername: "localhost" }) as unknown as Endpoint;
}

function pathOf(address: Address): string {
  if (address.kind !== "unix" || address.path === null) throw new TypeError("no UNIX address");
  return address.path;
}

function hostAndPort(address: Address, between: string): string {
  if (address.kind !== "tcp") throw new TypeError("no TCP address");
  return `${address.host}${between}${address.port}`;
}

function urlOf(address: Address): string {
  return address.kind === "tcp"
    ? `tcp://${hostAndPort(address, ":")}`
    : `unix://${pathOf(address)}`;
}
