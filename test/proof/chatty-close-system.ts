import assert from "node:assert/strict";
import { pattern } from "../../src/testing/pattern.ts";
import type { ProofReport } from "../../tools/proof.ts";
import { serveAndDestroySoon } from "../controls/destroy-soon.ts";
import { Scratch } from "../interop/scratch.ts";
import { assertWhole, CHATTY, faultIn, runReadingPeers } from "./peers/reading-peers.ts";
import { WritingServer } from "./peers/writing-server.ts";
import { atOnce } from "./system/at-once.ts";
import { relayPeers } from "./system/relayed-peers.ts";
import type { SystemWire, TlsVersion } from "./system/wires.ts";
import {
  connectingTls,
  isTls,
  listeningTls,
  pairsFor,
  placeOn,
  SENSELESS,
  secureEndpoint,
  TLS_VERSIONS,
} from "./system/wires.ts";

export const title =
  "What is written before a close arrives whole on every pair of the system's wires, while the reader chats";

const PAYLOAD = pattern(8 * 2 ** 20);

export async function prove(report: ProofReport): Promise<void> {
  for (const wire of ["tls+tcp", "tls+unix"] as const) {
    const versions = report.full ? TLS_VERSIONS : ([wire === "tls+tcp" ? "1.3" : "1.2"] as const);
    for (const version of versions) await proveDirect(report, wire, version);
    await seeControlFail(report, wire);
  }
  const pairs = pairsFor(report.full);
  const scenes = pairs.flatMap(([from, onto]) => scenesOf(from, onto, report.full));
  await atOnce(2, scenes, playRelayed);
  report.count("pairs of wires, through the command", pairs.length);
  report.count("relayed: whole", scenes.length);
  for (const [pair, why] of Object.entries(SENSELESS)) report.fact(`left out: ${pair}`, why);
}

async function proveDirect(
  report: ProofReport,
  wire: SystemWire,
  version: TlsVersion,
): Promise<void> {
  const runs = report.full ? 20 : 2;
  using scratch = new Scratch();
  await using server = await WritingServer.on(await secureEndpoint(wire, scratch), PAYLOAD);
  const secured = { ...CHATTY, at: server.at, ...connectingTls(wire, version) };
  const results = await runReadingPeers({ ...secured, connections: runs });
  assertWhole(results, PAYLOAD, `${wire}, TLS ${version}`);
  for (const { kind, by, ledger } of await server.reasons(runs)) {
    assert.deepEqual({ kind, by, sent: ledger.sent }, { ...CLOSED, sent: PAYLOAD.length });
    assert.ok(ledger.received > 0 && ledger.delivered === 0, "every peer chatted, to nobody");
  }
  report.count(`${wire}, TLS ${version}: whole`, results.length);
}

const CLOSED = { kind: "done", by: "us" } as const;

/** The same check on Node's shortcut: it must fail, or it would prove nothing. */
async function seeControlFail(report: ProofReport, wire: SystemWire): Promise<void> {
  const runs = report.full ? 10 : 1;
  using scratch = new Scratch();
  const { tls } = listeningTls(wire, "1.3");
  await using server = await serveAndDestroySoon(placeOn(wire, scratch), PAYLOAD, tls);
  const secured = { ...CHATTY, at: server.at, ...connectingTls(wire, "1.3") };
  const results = await runReadingPeers({ ...secured, connections: runs });
  const faults = results.map((result) => faultIn(result, PAYLOAD)).filter((fault) => fault);
  report.count(`${wire}: destroySoon seen failing`, faults.length);
  report.fact(`${wire}: destroySoon, the first fault`, faults[0] ?? "none");
  assert.equal(faults.length, runs, `${wire}: the check holds for destroySoon as well`);
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
