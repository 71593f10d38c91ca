import type { CloseReason } from "../contract/index.ts";
import type { JoinReport, Side } from "../join/index.ts";
import { bytesOf, reasonWords, secondsOf } from "./wording.ts";

const NAMES: Readonly<Record<Side, string>> = { left: "client", right: "server" };

/** Who ended a relayed connection first: one of the two peers, us, or the wire. */
export function endedBy(report: JoinReport): string {
  const { by } = report[report.endedFirst];
  return by === "peer" ? NAMES[report.endedFirst] : by;
}

/** Bytes each way, who ended it, and why: one line for a person. */
export function describeClosed(report: JoinReport): string {
  const { bytes, durationMs, endedFirst } = report;
  const other: Side = endedFirst === "left" ? "right" : "left";
  const [there, back] = [bytesOf(bytes.leftToRight), bytesOf(bytes.rightToLeft)];
  const parts = [
    `${there} →, ${back} ← in ${secondsOf(durationMs)}`,
    `${NAMES[endedFirst]} side ${reasonWords(report[endedFirst])}${lossOf(report[endedFirst])}`,
  ];
  if (report[other].kind !== "done") {
    parts.push(`${NAMES[other]} side ${reasonWords(report[other])}${lossOf(report[other])}`);
  }
  if (report.abortBecameEnd !== undefined) {
    const whom = { left: "the client cannot", right: "the server cannot", both: "no side can" };
    parts.push(`${whom[report.abortBecameEnd]} tell the abort from an end`);
  }
  if (report.endNotPassed !== undefined) {
    parts.push(`the ${NAMES[report.endNotPassed]} could not be told of the end (no half-close)`);
  }
  return parts.join("; ");
}

function lossOf({ ledger }: CloseReason): string {
  return ledger.unsent === 0 ? "" : `, ${bytesOf(ledger.unsent)} unsent`;
}
