import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { endpoint } from "../../src/endpoints/index.ts";
import type { ProofReport } from "../../tools/proof.ts";
import { Program } from "../interop/program.ts";
import { Scratch } from "../interop/scratch.ts";
import type { SocketAddress } from "../interop/socket-address.ts";
import { socketAddressOf } from "../interop/socket-address.ts";
import { ANSWER, Asker, answerLate, ask, LateAnswerer, QUESTION } from "./peers/late-peers.ts";
import { atOnce } from "./system/at-once.ts";
import type { PeerResult } from "./system/peer.ts";
import { relayPeers } from "./system/relayed-peers.ts";
import type { SystemWire, TlsVersion } from "./system/wires.ts";
import {
  connectingTls,
  connectUrl,
  isTls,
  listeningTls,
  pairsFor,
  placeOn,
  SENSELESS,
  secureEndpoint,
  TLS_VERSIONS,
} from "./system/wires.ts";

export const title =
  "A reply long after the end of the question arrives whole on every pair of the system's wires";

const BYTE_COUNT = ANSWER.length;

const SECURE = ["tls+tcp", "tls+unix"] as const;

export async function prove(report: ProofReport): Promise<void> {
  const delayMs = report.full ? 1500 : 100;
  report.fact("the reply comes after", `${delayMs} ms`);
  for (const wire of SECURE) {
    for (const version of TLS_VERSIONS) await proveDirect(report, wire, version, delayMs);
    await seeNaivePipeFail(report, wire, delayMs);
  }
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
    assertGot(got, ANSWER, what);
    assertGot(asked, QUESTION, `${what}, the question`);
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

/** Our server asked by plain Node, and our client answered by it. */
async function proveDirect(
  report: ProofReport,
  wire: SystemWire,
  version: TlsVersion,
  delayMs: number,
): Promise<void> {
  const runs = Array.from({ length: report.full ? 20 : 2 });
  const what = `${wire}, TLS ${version}`;
  using scratch = new Scratch();
  const served: LateAnswerer[] = [];
  await using port = await (await secureEndpoint(wire, scratch)).listen(() => {
    const server = new LateAnswerer(delayMs);
    served.push(server);
    return server;
  });
  const at = socketAddressOf(port.getHost());
  const { tls } = connectingTls(wire, version);
  const answers = await Promise.all(runs.map(() => ask(at, tls)));
  for (const answer of answers) assert.ok(answer.equals(ANSWER), `${what}: ${answer.length} bytes`);
  for (const { got, lost } of served) {
    const { kind, by, ledger } = await lost;
    // The client ended first.
    assert.deepEqual(
      { kind, by, sent: ledger.sent },
      { kind: "done", by: "peer", sent: BYTE_COUNT },
    );
    assert.deepEqual(Buffer.concat(got), Buffer.from(QUESTION));
  }
  report.count(`${what}: answers of ours, each whole`, answers.length);

  const theirs = listeningTls(wire, version).tls;
  await using answerer = await answerLate(placeOn(wire, scratch), delayMs, theirs);
  const way = await endpoint(connectUrl(wire, answerer.at, scratch));
  const clients = await Promise.all(runs.map(() => way.connect(new Asker())));
  for (const { got, lost } of clients) {
    const { kind, by } = await lost;
    assert.deepEqual({ kind, by }, { kind: "done", by: "us" }, what);
    assert.ok(Buffer.concat(got).equals(ANSWER), what);
  }
  report.count(`${what}: answers of theirs, each whole`, clients.length);
}

/** The same check through `a.pipe(b); b.pipe(a)`: it must fail, or it would prove nothing. */
async function seeNaivePipeFail(
  report: ProofReport,
  wire: SystemWire,
  delayMs: number,
): Promise<void> {
  using scratch = new Scratch();
  const [listening, connecting] = [listeningTls(wire, "1.3").tls, connectingTls(wire, "1.3").tls];
  await using server = await answerLate(placeOn(wire, scratch), delayMs, listening);
  const places = [
    { ...placeOn(wire, scratch), ...listening },
    { ...server.at, ...connecting },
  ];
  const script = fileURLToPath(new URL("../controls/naive-pipe.js", import.meta.url));
  await using pipe = new Program(process.execPath, [
    script,
    ...places.map((at) => JSON.stringify(at)),
  ]);
  const at = await pipe.until(({ stdout }) =>
    stdout.endsWith("\n") ? (JSON.parse(stdout) as SocketAddress) : undefined,
  );
  const { length } = await ask(at, connecting);
  assert.notEqual(length, BYTE_COUNT, `${wire}: the check holds for a naive pipe as well`);
  report.count(`${wire}: naive pipe seen failing`, 1);
  report.fact(`${wire}: bytes through a naive pipe`, length);
}

function assertGot(got: PeerResult, expected: Uint8Array, what: string): void {
  const sha256 = createHash("sha256").update(expected).digest("hex");
  const { endedAtMs: _, ...told } = got;
  assert.deepEqual(told, { bytes: expected.length, sha256, hasEnded: true }, what);
}
