import { SpecError } from "../contract/index.ts";
import { didYouMean, parse } from "../endpoints/index.ts";
import type { RunnableCase } from "../testing/index.ts";
import { ConformanceFailure, conformance } from "../testing/index.ts";
import type { ConformWireOptions } from "./conform-wire.ts";
import { certified, conformWire } from "./conform-wire.ts";
import { EXIT, UsageError } from "./exit-code.ts";
import type { CommonOptions } from "./options.ts";
import { servesOne } from "./reachable.ts";
import type { Reporter } from "./reporter.ts";

export interface ConformOptions extends CommonOptions {
  readonly through?: string;
  readonly tap?: boolean;
  /** Parts of case ids: only cases with one of them are run. */
  readonly case?: readonly string[];
}

/** What a proxy loses never comes: nobody should wait long for it. */
const THROUGH_WATCHDOG_MS = 8_000;

type Outcome = "passed" | "failed" | "skipped";

/** How one case went. */
interface Result {
  readonly one: RunnableCase;
  readonly outcome: Outcome;
  readonly durationMs: number;
  /** Why it was skipped, or what was seen instead. */
  readonly why?: string;
}

/** `overwall conform URL | --through LISTEN=CONNECT` */
export async function run(
  reporter: Reporter,
  url: string | undefined,
  options: ConformOptions,
): Promise<void> {
  const how = wireOf(url, options.through);
  const wire = await conformWire(how);
  const isThrough = how.connect !== undefined;
  const patience = isThrough ? { watchdogMs: THROUGH_WATCHDOG_MS } : {};
  const all = chosen(conformance(wire, patience), options.case);
  const runnable = isThrough ? all.filter((one) => one.case.through === true) : all;
  const print = printerOf(reporter, options);
  print.begin(how.name, runnable.length);
  const results: Result[] = [];
  for (const one of runnable) {
    const result = await perform(one);
    results.push(result);
    print.result(result, results.length);
  }
  print.end(results, all.length - runnable.length);
  if (results.some(({ outcome }) => outcome === "failed")) process.exitCode = EXIT.failed;
}

function chosen(
  all: readonly RunnableCase[],
  parts: readonly string[] | undefined,
): readonly RunnableCase[] {
  if (parts === undefined) return all;
  const found = all.filter((one) => parts.some((part) => one.case.id.includes(part)));
  if (found.length > 0) return found;
  const ids = all.map((one) => one.case.id);
  const hint = parts.map((part) => didYouMean(part, ids)).join("");
  throw new UsageError(`Cannot conform: there is no case called ${parts.join(" or ")}${hint}`);
}

function wireOf(url: string | undefined, through: string | undefined): ConformWireOptions {
  if ((url === undefined) === (through === undefined)) {
    throw new UsageError("Cannot conform: give a URL, or --through LISTEN=CONNECT, and not both");
  }
  if (through !== undefined) return splitThrough(through);
  refuseUnreachable(url as string);
  const listen = certified(url as string);
  return { name: listen, listen };
}

/** The suite needs both ends of a wire. */
function refuseUnreachable(url: string): void {
  if (!servesOne(url)) return;
  throw new UsageError(
    `Cannot conform ${url}: it is one connection where it stands, and nobody could connect to it, ` +
      "while the suite holds both ends; give a URL to listen on, as tcp://127.0.0.1:0",
  );
}

/** Options have a `=` as well: the one that counts has an endpoint on both sides. */
function splitThrough(through: string): ConformWireOptions {
  const faults: unknown[] = [];
  for (let at = through.indexOf("="); at >= 0; at = through.indexOf("=", at + 1)) {
    const connect = through.slice(0, at);
    const listen = through.slice(at + 1);
    try {
      parse(connect);
      parse(listen);
      return { name: through, connect, listen };
    } catch (error) {
      faults.push(error);
    }
  }
  const [fault] = faults;
  if (fault instanceof SpecError) throw fault;
  throw new UsageError(
    "Cannot conform: --through takes LISTEN=CONNECT, as in tcp://:9000=tcp://:9001",
  );
}

async function perform(one: RunnableCase): Promise<Result> {
  if (one.skip !== undefined) return { one, outcome: "skipped", durationMs: 0, why: one.skip };
  const startMs = performance.now();
  try {
    await one.run();
    return { one, outcome: "passed", durationMs: performance.now() - startMs };
  } catch (error) {
    const why = error instanceof ConformanceFailure ? error.detail : String(error);
    return { one, outcome: "failed", durationMs: performance.now() - startMs, why };
  }
}

/** One way to show results. They are what was asked for, so they go to stdout. */
interface Printer {
  begin(name: string, count: number): void;
  result(result: Result, number: number): void;
  end(results: readonly Result[], notAsked: number): void;
}

function printerOf(reporter: Reporter, options: ConformOptions): Printer {
  if (reporter.isJson) return jsonPrinter(reporter);
  return options.tap === true ? tapPrinter() : tablePrinter(reporter);
}

function jsonPrinter(reporter: Reporter): Printer {
  return {
    begin: (wire, cases) => reporter.tell({ event: "conform", wire, cases }),
    result: ({ one, outcome, durationMs, why }) => {
      const { id, clause } = one.case;
      const ms = Math.round(durationMs);
      reporter.tell({ event: "case", name: one.name, id, clause, outcome, durationMs: ms, why });
    },
    end: (results, notAsked) => reporter.tell({ event: "summary", ...tally(results), notAsked }),
  };
}

function tapPrinter(): Printer {
  return {
    begin: (_wire, count) => print(`TAP version 13\n1..${count}`),
    result: ({ one, outcome, why = "" }, number) => {
      const verdict = outcome === "failed" ? "not ok" : "ok";
      const skip = outcome === "skipped" ? ` # SKIP ${why}` : "";
      print(`${verdict} ${number} - ${one.name.replaceAll("#", "\\#")}${skip}`);
      if (outcome === "failed") for (const line of why.split("\n")) print(`# ${line}`);
    },
    end: () => {},
  };
}

function tablePrinter(reporter: Reporter): Printer {
  const marks: Readonly<Record<Outcome, string>> = {
    passed: reporter.good("held   "),
    failed: reporter.bad("BROKEN "),
    skipped: reporter.faint("skipped"),
  };
  return {
    begin: (wire, count) => reporter.say(`${wire}: ${count} checks`),
    result: ({ one, outcome, why }) => {
      const name = one.name.slice(one.name.indexOf(": ") + 2);
      print(`${marks[outcome]} ${name}${outcome === "skipped" ? `: ${why}` : ""}`);
      if (outcome === "failed") print(`        promised: ${one.case.clause}\n        seen: ${why}`);
    },
    end: (results, notAsked) => {
      const { passed, failed, skipped } = tally(results);
      const rest = notAsked === 0 ? "" : `, ${notAsked} not asked (not about a proxy)`;
      print(`${passed} held, ${failed} broken, ${skipped} skipped${rest}`);
    },
  };
}

function tally(results: readonly Result[]): Readonly<Record<Outcome, number>> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { outcome } of results) counts[outcome] += 1;
  return counts;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
