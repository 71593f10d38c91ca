import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { Endpoint } from "../../../src/contract/index.ts";
import { endpoint } from "../../../src/endpoints/index.ts";
import type { Scratch } from "../../interop/scratch.ts";
import type { SocketAddress } from "../../interop/socket-address.ts";
import { freshAddress, pairsOf, urlOf } from "../../interop/socket-address.ts";
import { authority, forLocalhost } from "../../layers/tls/authority.ts";
import type { Ends, PeerTls } from "./peer.ts";

/** What the command can join, of the system's own. */
export type SystemWire = "tcp" | "unix" | "tls+tcp" | "tls+unix" | "process" | "stdio";

export type TlsVersion = "1.2" | "1.3";

export const TLS_VERSIONS: readonly TlsVersion[] = ["1.2", "1.3"];

export const SYSTEM_WIRES: readonly SystemWire[] = [
  "tcp",
  "unix",
  "tls+tcp",
  "tls+unix",
  "process",
  "stdio",
];

/** Pairs that make no sense, with the reason. */
export const SENSELESS: Readonly<Record<string, string>> = {
  "stdio to stdio": "one command has one standard input and one standard output",
};

/**
 * Every ordered pair, from the wire that LISTEN names to the one that CONNECT names; or so many of
 * them that each wire is on either side once.
 */
export function pairsFor(full: boolean): readonly (readonly [SystemWire, SystemWire])[] {
  return pairsOf(SYSTEM_WIRES).filter(([from, onto]) => {
    if (`${from} to ${onto}` in SENSELESS) return false;
    const next = (SYSTEM_WIRES.indexOf(from) + 1) % SYSTEM_WIRES.length;
    return full || onto === SYSTEM_WIRES[next];
  });
}

export function isTls(wire: SystemWire): boolean {
  return wire.startsWith("tls+");
}

export function socketOf(wire: SystemWire): "tcp" | "unix" | undefined {
  if (wire === "process" || wire === "stdio") return undefined;
  return wire.endsWith("tcp") ? "tcp" : "unix";
}

/** A place to listen on, that nobody has. */
export function placeOn(wire: SystemWire, scratch: Scratch): SocketAddress {
  return freshAddress(socketOf(wire) ?? "unix", scratch);
}

/** The URL by which the command listens there. */
export function listenUrl(wire: SystemWire, at: SocketAddress, scratch: Scratch): string {
  if (!isTls(wire)) return urlOf(at);
  const [cert, key] = [scratch.path("cert.pem"), scratch.path("key.pem")];
  writeFileSync(cert, forLocalhost.cert);
  writeFileSync(key, forLocalhost.key, { mode: 0o600 });
  return `tls+${urlOf(at)}?cert=${cert}&key=${key}`;
}

/** The URL by which the command connects there. */
export function connectUrl(wire: SystemWire, at: SocketAddress, scratch: Scratch): string {
  if (!isTls(wire)) return urlOf(at);
  const ca = scratch.path("ca.pem");
  writeFileSync(ca, authority.cert);
  return `tls+${urlOf(at)}?ca=${ca}&servername=localhost`;
}

/** Our own listener there, for one kind of TLS or another, as its client wants. */
export async function secureEndpoint(wire: SystemWire, scratch: Scratch): Promise<Endpoint> {
  return await endpoint(listenUrl(wire, placeOn(wire, scratch), scratch));
}

/** What a peer of plain Node that connects is to say of TLS. */
export function connectingTls(wire: SystemWire, version: TlsVersion): { readonly tls?: PeerTls } {
  if (!isTls(wire)) return {};
  return { tls: { ...only(version), ca: authority.cert, servername: "localhost" } };
}

export function listeningTls(wire: SystemWire, version: TlsVersion): { readonly tls?: PeerTls } {
  if (!isTls(wire)) return {};
  return { tls: { ...only(version), cert: forLocalhost.cert, key: forLocalhost.key } };
}

function only(version: TlsVersion): Pick<PeerTls, "minVersion" | "maxVersion"> {
  return { minVersion: `TLSv${version}`, maxVersion: `TLSv${version}` };
}

/** The URL that runs these words. */
export function processUrl(words: readonly string[]): string {
  return `process:${words.map((word) => `'${word}'`).join(" ")}`;
}

/** Two named pipes: the standard streams of a command, and the ends that a peer has of them. */
export function namedPipes(scratch: Scratch): {
  readonly input: string;
  readonly output: string;
  readonly ends: Ends;
} {
  const [input, output] = [scratch.path("stdin"), scratch.path("stdout")];
  execFileSync("mkfifo", [input, output]);
  return { input, output, ends: { by: "named pipes", write: input, read: output } };
}
