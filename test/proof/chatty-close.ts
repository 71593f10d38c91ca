import assert from "node:assert/strict";
import type { CloseReason, Endpoint } from "../../src/contract/index.ts";
import { pattern } from "../../src/testing/pattern.ts";
import { chosenDriver } from "../../src/wires/_drivers/choose-driver.ts";
import type { ProofReport } from "../../tools/proof.ts";
import { serveAndDestroySoon } from "../controls/destroy-soon.ts";
import { RelayCommand } from "../interop/relay-command.ts";
import { Scratch } from "../interop/scratch.ts";
import type { SocketWire } from "../interop/socket-address.ts";
import { endpointAt, freshAddress, pairsOf, SOCKET_WIRES } from "../interop/socket-address.ts";
import { assertWhole, CHATTY, faultIn, runReadingPeers } from "./peers/reading-peers.ts";
import { WritingServer } from "./peers/writing-server.ts";

export const title =
  "A peer that reads slowly and chats on gets all that was written before a close, and no reset";

const PAYLOAD = pattern(8 * 2 ** 20);

export async function prove(report: ProofReport): Promise<void> {
  const runs = report.full ? 100 : 4;
  for (const wire of SOCKET_WIRES) await proveDirect(report, wire, runs);
  for (const [from, onto] of pairsOf(SOCKET_WIRES)) await proveRelayed(report, from, onto, runs);
  await Promise.all(SOCKET_WIRES.map((wire) => proveBounds(report, wire)));
  await seeControlFail(report);
}

async function proveDirect(report: ProofReport, wire: SocketWire, runs: number): Promise<void> {
  using scratch = new Scratch();
  await using server = await WritingServer.on(place(wire, scratch), PAYLOAD);
  const results = await runReadingPeers({ ...CHATTY, at: server.at, connections: runs });
  assertWhole(results, PAYLOAD, wire);
  const reasons = await server.reasons(runs);
  assertClosedByUs(reasons);
  assert.ok(
    reasons.every(({ ledger }) => ledger.received > 0 && ledger.delivered === 0),
    "every peer chatted, and nothing of it reached a protocol that had closed",
  );
  report.count(`${wire}: whole`, results.length);
}

async function proveRelayed(
  report: ProofReport,
  from: SocketWire,
  onto: SocketWire,
  runs: number,
): Promise<void> {
  using scratch = new Scratch();
  await using server = await WritingServer.on(place(onto, scratch), PAYLOAD);
  await using relay = await RelayCommand.start(freshAddress(from, scratch), server.at);
  const results = await runReadingPeers({ ...CHATTY, at: relay.at, connections: runs });
  assertWhole(results, PAYLOAD, `relay ${from} to ${onto}`);
  assertClosedByUs(await server.reasons(runs));
  const closings = await relay.closings(runs);
  assert.deepEqual(
    closings.map(({ bytesFromTarget }) => bytesFromTarget),
    closings.map(() => PAYLOAD.length),
  );
  report.count(`relay ${from} to ${onto}: whole`, results.length);
}

/**
 * One that chats for ever is cut at a bound, with the reason; a silent one loses no data by its
 * bound.
 */
async function proveBounds(report: ProofReport, wire: SocketWire): Promise<void> {
  using scratch = new Scratch();
  const limits = { lingerTotalMs: 1500, lingerIdleMs: 600 };
  await using server = await WritingServer.on(place(wire, scratch), PAYLOAD, limits);
  const endless = { ...CHATTY, at: server.at, connections: 2, afterEnd: "chat on" } as const;
  const chatting = await runReadingPeers(endless);
  assertWhole(chatting, PAYLOAD, `${wire}, chatting for ever`);
  assertCut(await server.reasons(2), /lingerTotalMs/);

  // So slow that the bound passes while the peer still reads what the system holds for it.
  const { chatEveryMs: _, ...quiet } = CHATTY;
  const silent = { ...quiet, restMs: 20, afterEnd: "hold", holdMs: 1500 } as const;
  const heard = await runReadingPeers({ ...silent, at: server.at, connections: 2 });
  assertWhole(heard, PAYLOAD, `${wire}, silent`);
  // A driver that sees what the system still holds for the peer waits on while that gets less.
  const waitsOn = wire === "tcp" && chosenDriver().name === "native";
  assertCut((await server.reasons(4)).slice(2), waitsOn ? /lingerTotalMs/ : /lingerIdleMs/);
  const lastCutMs = Math.max(...server.endedAtMs);
  const stillReading = heard.filter(({ endedAtMs }) => endedAtMs > lastCutMs).length;
  report.count(`${wire}: cut while the silent peer still read`, stillReading);
  // A UNIX socket holds so little that the peer has read it by then.
  if (wire === "tcp" && !waitsOn)
    assert.equal(stillReading, heard.length, "the bound did not strike in time");
  report.count(`${wire}: cut at a bound, data whole`, 4);
}

/** The same check on Node's shortcut: it must fail, or it would prove nothing. */
async function seeControlFail(report: ProofReport): Promise<void> {
  const runs = report.full ? 10 : 2;
  for (const wire of SOCKET_WIRES) {
    using scratch = new Scratch();
    await using server = await serveAndDestroySoon(freshAddress(wire, scratch), PAYLOAD);
    const results = await runReadingPeers({ ...CHATTY, at: server.at, connections: runs });
    const faults = results.map((result) => faultIn(result, PAYLOAD)).filter((fault) => fault);
    report.count(`${wire}: destroySoon seen failing`, faults.length);
    report.fact(`${wire}: destroySoon, the first fault`, faults[0] ?? "none");
    assert.equal(faults.length, runs, `${wire}: the check holds for destroySoon as well`);
  }
}

function place(wire: SocketWire, scratch: Scratch): Endpoint {
  return endpointAt(freshAddress(wire, scratch));
}

function assertClosedByUs(reasons: readonly CloseReason[]): void {
  for (const { kind, by, code, ledger } of reasons) {
    assert.deepEqual({ kind, by, code }, { kind: "done", by: "us", code: undefined });
    assert.equal(ledger.sent, PAYLOAD.length);
  }
}

function assertCut(reasons: readonly CloseReason[], message: RegExp): void {
  for (const { kind, by, code, error, ledger } of reasons) {
    assert.deepEqual({ kind, by, code }, { kind: "timeout", by: "us", code: "ERR_WIRE_LINGER" });
    assert.match(error?.message ?? "", message);
    assert.equal(ledger.sent, PAYLOAD.length);
  }
}
