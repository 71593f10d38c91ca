import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Scratch } from "../../interop/scratch.ts";
import type { SocketAddress } from "../../interop/socket-address.ts";
import type { ReadingPeerResult } from "../peers/reading-peers.ts";

/** What Node's TLS is told. */
export interface PeerTls {
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  readonly maxVersion: "TLSv1.2" | "TLSv1.3";
  /** Of one that connects. */
  readonly ca?: string;
  readonly servername?: string;
  /** Of one that listens. */
  readonly cert?: string;
  readonly key?: string;
}

/** How a peer gets at its two directions. */
export type Ends =
  | { readonly by: "connecting"; readonly at: SocketAddress; readonly tls?: PeerTls }
  | { readonly by: "listening"; readonly at: SocketAddress; readonly tls?: PeerTls }
  | { readonly by: "standard streams" }
  /** Named pipes, whose other ends are standard streams of a command. */
  | { readonly by: "named pipes"; readonly write: string; readonly read: string };

/** What a peer does; each ends in the end of both directions. */
export type Act =
  /** Sends five bytes and its end, and takes what comes. */
  | "ask"
  /** Takes all, and long after the end of it sends `byteCount` bytes. */
  | "answer late"
  /** Rests 2 ms after each chunk, and sends a byte every 5 ms, to the end of what it reads. */
  | "read slowly and chat"
  /** Sends `byteCount` bytes and its end, and reads on to the other end. */
  | "write and close"
  /** The same, and exits without having read a byte. */
  | "write and leave";

export interface SystemPeerOptions {
  readonly ends: Ends;
  readonly act: Act;
  readonly byteCount: number;
  readonly delayMs: number;
  /** The file that is there when it has done. */
  readonly report: string;
}

/** What came in, until the end or an error. */
export type PeerResult = ReadingPeerResult;

let serial = 0;

/** The words of a command that runs a peer, and where its report will be. */
export function peerCommand(
  scratch: Scratch,
  given: Omit<SystemPeerOptions, "report">,
  report: string = scratch.path(`report${serial}`),
): { readonly words: readonly string[]; readonly report: string } {
  serial += 1;
  const path = scratch.path(`peer${serial}`);
  writeFileSync(path, JSON.stringify({ ...given, report } satisfies SystemPeerOptions));
  return { words: [process.execPath, SCRIPT, path], report };
}

const SCRIPT = fileURLToPath(new URL("../peers/system-peer.js", import.meta.url));
