import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { runToEnd } from "../../interop/program.ts";
import type { SocketAddress } from "../../interop/socket-address.ts";
import type { PeerTls } from "../system/peer.ts";

export interface ReadingPeerOptions {
  readonly at: SocketAddress;
  /** Speak TLS. */
  readonly tls?: PeerTls;
  readonly connections: number;
  readonly atOnce: number;
  /** Sends a byte this often; without it, none. */
  readonly chatEveryMs?: number;
  /** How long it rests after each chunk (of at most 64 KiB) that it reads. */
  readonly restMs: number;
  /**
   * What it does when the server's end has come: ends too, chats on for ever, or holds and leaves.
   */
  readonly afterEnd: "end" | "chat on" | "hold";
  /** How long it holds the connection without a word. */
  readonly holdMs?: number;
}

/**
 * Reads 64 KiB, then waits 2 ms, and sends a byte every 5 ms.
 */
export const CHATTY: Omit<ReadingPeerOptions, "at" | "connections"> = {
  atOnce: 4,
  chatEveryMs: 5,
  restMs: 2,
  afterEnd: "end",
};

/** What one connection of a reading peer got. */
export interface ReadingPeerResult {
  readonly bytes: number;
  readonly sha256: string;
  readonly hasEnded: boolean;
  /** When the end, or the error, came; by the clock of the machine. */
  readonly endedAtMs: number;
  /** The error that came before the end. */
  readonly code?: string;
}

/** Plain sockets, in a process of their own, that read slowly. */
export async function runReadingPeers(options: ReadingPeerOptions): Promise<ReadingPeerResult[]> {
  const script = fileURLToPath(new URL("./reading-peer.js", import.meta.url));
  const { status, stdout, stderr } = await runToEnd(process.execPath, [
    script,
    JSON.stringify(options),
  ]);
  assert.equal(stderr, "");
  assert.equal(status, 0);
  const results = JSON.parse(stdout) as ReadingPeerResult[];
  assert.equal(results.length, options.connections);
  return results;
}

/** Why this connection did not get the whole payload and a clean end; `undefined` when it did. */
export function faultIn(result: ReadingPeerResult, payload: Uint8Array): string | undefined {
  if (result.code !== undefined) return `${result.code} after ${result.bytes} bytes`;
  if (result.bytes !== payload.length) return `${result.bytes} of ${payload.length} bytes`;
  if (result.sha256 !== createHash("sha256").update(payload).digest("hex")) return "other bytes";
  return result.hasEnded ? undefined : "no end";
}

/** Fails unless every connection got the whole payload. */
export function assertWhole(
  results: readonly ReadingPeerResult[],
  payload: Uint8Array,
  what: string,
): void {
  const faults = results.map((result) => faultIn(result, payload)).filter((fault) => fault);
  assert.deepEqual(faults, [], `${what}: ${faults.length} of ${results.length} are not whole`);
}
