import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { pattern } from "../../src/testing/pattern.ts";
import type { ProofReport } from "../../tools/proof.ts";
import { atOnce } from "./system/at-once.ts";
import type { PeerResult } from "./system/peer.ts";
import { relayPeers } from "./system/relayed-peers.ts";
import type { TlsVersion } from "./system/wires.ts";
import { isTls, pairsFor, SENSELESS } from "./system/wires.ts";

export const title =
  "A reply long after the end of the question arrives whole on every pair of the system's wires";

const BYTE_COUNT = 1_000_000;

export async function prove(report: ProofReport): Promise<void> {
  const delayMs = report.full ? 1500 : 100;
  report.fact("the reply comes after", `${delayMs} ms`);
  const pairs = pairsFor(report.full);
  const scenes = pairs.flatMap(([from, onto]) => {
    const hasTls = isTls(from) || isTls(onto);
    const versions: readonly TlsVersion[] = hasTls && report.full ? ["1.2", "1.3"] : ["1.3"];
    const askers = report.full ? (["near", "far"] as const) : (["near"] as const);
    return askers.flatMap((asker) => versions.map((version) => ({ from, onto, version, asker })));
  });
  await atOnce(report.full ? 4 : 3, scenes, async ({ asker, ...scene }) => {
    const acts = { ask: "ask", answer: "answer late" } as const;
    const [near, far] = asker === "near" ? [acts.ask, acts.answer] : [acts.answer, acts.ask];
    const given = { ...scene, near, far, byteCount: BYTE_COUNT, delayMs };
    const result = await relayPeers(given);
    const what = `${scene.from} to ${scene.onto}, TLS ${scene.version}, ${asker} asks`;
    const [got, asked] = asker === "near" ? [result.near, result.far] : [result.far, result.near];
    assertGot(got, pattern(BYTE_COUNT), what);
    assertGot(asked, new TextEncoder().encode("hello"), `${what}, the question`);
    const [there, back] = asker === "near" ? [5, BYTE_COUNT] : [BYTE_COUNT, 5];
    assert.deepEqual(
      result.closing,
      { bytesToTarget: there, bytesFromTarget: back, kinds: ["done", "done"] },
      what,
    );
  });
  report.count("pairs of wires, through the command", pairs.length);
  report.count("replies, each whole", scenes.length);
  for (const [pair, why] of Object.entries(SENSELESS)) report.fact(`left out: ${pair}`, why);
}

function assertGot(got: PeerResult, expected: Uint8Array, what: string): void {
  const sha256 = createHash("sha256").update(expected).digest("hex");
  const { endedAtMs: _, ...told } = got;
  assert.deepEqual(told, { bytes: expected.length, sha256, hasEnded: true }, what);
}
