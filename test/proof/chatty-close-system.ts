import assert from "node:assert/strict";
import { pattern } from "../../src/testing/pattern.ts";
import type { ProofReport } from "../../tools/proof.ts";
import { assertWhole } from "./peers/reading-peers.ts";
import { atOnce } from "./system/at-once.ts";
import { relayPeers } from "./system/relayed-peers.ts";
import type { SystemWire, TlsVersion } from "./system/wires.ts";
import { isTls, SENSELESS, SYSTEM_PAIRS } from "./system/wires.ts";

export const title =
  "What is written before a close arrives whole on every pair of the system's wires, while the reader chats";

const PAYLOAD = pattern(8 * 2 ** 20);

export async function prove(report: ProofReport): Promise<void> {
  const scenes = SYSTEM_PAIRS.flatMap(([from, onto]) => scenesOf(from, onto, report.full));
  await atOnce(2, scenes, playRelayed);
  report.count("pairs of wires, through the command", SYSTEM_PAIRS.length);
  report.count("relayed: whole", scenes.length);
  for (const [pair, why] of Object.entries(SENSELESS)) report.fact(`left out: ${pair}`, why);
}

interface Scene {
  readonly from: SystemWire;
  readonly onto: SystemWire;
  /** Which side writes and closes. */
  readonly writer: "near" | "far";
  /** Whether it stays to read what is chatted at it. Pipes have no reset: there it may leave. */
  readonly stays: boolean;
  readonly version: TlsVersion;
}

function scenesOf(from: SystemWire, onto: SystemWire, full: boolean): Scene[] {
  const versions: readonly TlsVersion[] =
    full && (isTls(from) || isTls(onto)) ? ["1.2", "1.3"] : ["1.3"];
  const writers = full ? (["far", "near"] as const) : (["far"] as const);
  return writers.flatMap((writer) => {
    const wire = writer === "far" ? onto : from;
    const mayLeave = wire === "process" || wire === "stdio";
    const stays = mayLeave ? (full ? [true, false] : [false]) : [true];
    return stays.flatMap((stay) =>
      versions.map((version) => ({ from, onto, writer, stays: stay, version })),
    );
  });
}

async function playRelayed({ writer, stays, ...scene }: Scene): Promise<void> {
  const writing = stays ? "write and close" : "write and leave";
  const [near, far] =
    writer === "near"
      ? ([writing, "read slowly and chat"] as const)
      : (["read slowly and chat", writing] as const);
  const result = await relayPeers({ ...scene, near, far, byteCount: PAYLOAD.length });
  const what = `${scene.from} to ${scene.onto}, TLS ${scene.version}, ${writer}: ${writing}`;
  const got = writer === "near" ? result.far : result.near;
  assertWhole([got], PAYLOAD, what);
  const { bytesFromTarget, bytesToTarget, kinds } = result.closing;
  assert.equal(writer === "near" ? bytesToTarget : bytesFromTarget, PAYLOAD.length, what);
  assert.deepEqual(kinds, ["done", "done"], what);
}
