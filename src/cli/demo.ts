import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { endpoint, specOf } from "../endpoints/index.ts";
import type { JoinReport, Side } from "../join/index.ts";
import { relay } from "../join/index.ts";
import type { Exchange, Outcome } from "./demo-traffic.ts";
import { EXCHANGES } from "./demo-traffic.ts";
import { EXIT } from "./exit-code.ts";
import type { Reporter } from "./reporter.ts";
import { bytesOf, counted, ledgerWords } from "./wording.ts";

const WIRES = ["tcp", "unix", "memory"] as const;
const GRACE_MS = 2000;

/** `overwall demo`: real traffic through a relay, over every ordered pair of wires. */
export async function run(reporter: Reporter): Promise<void> {
  const folder = await mkdtemp(joinPath(tmpdir(), "overwall-demo-"));
  const totals: Totals = { exchanges: 0, bytes: 0, missing: 0 };
  const startMs = performance.now();
  try {
    print(reporter, "every byte below crossed: client, wire, relay, wire, server\n");
    for (const from of WIRES) {
      for (const onto of WIRES) await runPair(reporter, { from, onto, folder }, totals);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const { exchanges, bytes, missing } = totals;
  const durationMs = Math.round(performance.now() - startMs);
  reporter.tell({ event: "summary", exchanges, bytes, missing, durationMs });
  const verdict = missing === 0 ? reporter.good("0 missing") : reporter.bad(`${missing} missing`);
  print(
    reporter,
    `\n${counted(exchanges, "exchange")}, ${bytesOf(bytes)} carried, ${verdict}, ${durationMs} ms`,
  );
  if (missing > 0) process.exitCode = EXIT.failed;
}

interface Totals {
  exchanges: number;
  bytes: number;
  missing: number;
}

interface PairOfWires {
  readonly from: string;
  readonly onto: string;
  readonly folder: string;
}

/** One relay between two wires, and every exchange through it. */
async function runPair(reporter: Reporter, pair: PairOfWires, totals: Totals): Promise<void> {
  const { from, onto } = pair;
  for (const exchange of EXCHANGES) {
    const { outcome, report } = await runExchange(pair, exchange);
    const missing = missingOf(outcome, report);
    totals.exchanges += 1;
    totals.bytes += report.bytes.leftToRight + report.bytes.rightToLeft;
    totals.missing += missing;
    reporter.tell({
      event: "exchange",
      from,
      onto,
      exchange: exchange.name,
      ...outcome,
      missing,
      bytes: report.bytes,
    });
    const mark = missing === 0 ? reporter.good("whole") : reporter.bad(`${missing} MISSING`);
    const title = `${`${from} → ${onto}`.padEnd(16)} ${exchange.name.padEnd(27)}`;
    const there = amount(outcome.toServer, outcome.toServerExpected);
    const back = amount(outcome.toClient, outcome.toClientExpected);
    print(reporter, `${title} there ${there} back ${back} ${mark}`);
    for (const side of ["left", "right"] as const)
      print(reporter, ledgerLine(reporter, side, report));
  }
}

async function runExchange(
  { from, onto, folder }: PairOfWires,
  exchange: Exchange,
): Promise<{ readonly outcome: Outcome; readonly report: JoinReport }> {
  const server = await endpoint(placeFor(onto, "server", folder));
  const front = await endpoint(placeFor(from, "relay", folder));
  const played = exchange.play();
  await using port = await server.listen(() => played.server);
  const target = specOf(port.getHost());
  if (target === undefined) throw new RangeError("Cannot run the demo: the server has no address");
  let told: (report: JoinReport) => void = () => {};
  const reported = new Promise<JoinReport>((resolve) => {
    told = resolve;
  });
  const working = await relay(front, await endpoint(target), {
    events: { closed: (_connection, report) => told(report) },
  });
  try {
    const entrance = specOf(working.getHost());
    if (entrance === undefined)
      throw new RangeError("Cannot run the demo: the relay has no address");
    await (await endpoint(entrance)).connect(played.client);
    const outcome = await played.finished;
    return { outcome, report: await reported };
  } finally {
    await working.close({ graceMs: GRACE_MS });
  }
}

function placeFor(wire: string, role: string, folder: string): string {
  if (wire === "tcp") return "tcp://127.0.0.1:0";
  return wire === "unix" ? `unix://${folder}/${role}.sock` : `memory://${role}`;
}

/** Bytes that one end had and the other did not get, and bytes that the ledgers do not explain. */
function missingOf(outcome: Outcome, { bytes, left, right }: JoinReport): number {
  const atEnds =
    Math.abs(outcome.toServerExpected - outcome.toServer) +
    Math.abs(outcome.toClientExpected - outcome.toClient) +
    outcome.wrong;
  const inBetween =
    Math.abs(left.ledger.delivered - bytes.leftToRight) +
    Math.abs(right.ledger.delivered - bytes.rightToLeft);
  return atEnds + inBetween + left.ledger.unsent + right.ledger.unsent;
}

/** The account of one of the relay's two connections: what came in there, what went out. */
function ledgerLine(reporter: Reporter, side: Side, report: JoinReport): string {
  const { kind, by, ledger } = report[side];
  const end = side === "left" ? "client side" : "server side";
  return reporter.faint(`  ${end}: ${ledgerWords(ledger)}; ${kind}/${by}`);
}

function amount(count: number, expected: number): string {
  const text = count.toLocaleString("en-US");
  return (count === expected ? text : `${text} of ${expected.toLocaleString("en-US")}`).padStart(9);
}

function print(reporter: Reporter, line: string): void {
  if (!reporter.isJson) process.stdout.write(`${line}\n`);
}
