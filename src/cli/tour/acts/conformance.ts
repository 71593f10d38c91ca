import type { RunnableCase, WireUnderTest } from "../../../testing/index.ts";
import { ConformanceFailure, cases, conformance } from "../../../testing/index.ts";
import { messageOf } from "../../wording.ts";
import { RULES } from "../rules.ts";
import { shortened, WIDTH } from "../screen.ts";
import type { Tour } from "../tour-context.ts";
import { MARK } from "../tour-context.ts";
import type { TourWire } from "../wires/tour-wire.ts";

const TITLE_WIDTH = 28;
const COLUMN_WIDTH = 4;
const COLUMNS = Math.floor((WIDTH - TITLE_WIDTH) / COLUMN_WIDTH);

/** Nobody waits longer than a minute: on a machine as busy as that, some rules are left out. */
const TIME_IS_UP_MS = 33_000;

/** One rule on one wire, both ways round. */
interface Cell {
  readonly outcome: "held" | "broken" | "notApplicable" | "notTried";
  readonly checks: number;
  readonly durationMs: number;
  readonly why?: string;
}

interface Tried {
  readonly wire: TourWire;
  readonly under: WireUnderTest;
}

/** Some rules of the suite on every wire, as they come true. */
export async function tryRules(tour: Tour): Promise<void> {
  const { doors, folder, screen } = tour;
  screen.heading(
    `Conformance, live: ${doors.length} wires × ${RULES.length} rules, both ways round`,
  );
  const counts = { held: 0, broken: 0, notApplicable: 0, notTried: 0 };
  const tried: Tried[] = [];
  for (const { wire } of doors)
    tried.push({ wire, under: wire.underTest?.() ?? (await wire.live(folder)) });
  for (let first = 0; first < tried.length; first += COLUMNS)
    await tryOn(tour, tried.slice(first, first + COLUMNS), counts);
  const { broken, held, notApplicable, notTried } = counts;
  screen.tell({ event: "rules", ...counts, wires: doors.length, rules: RULES.length });
  const words = [
    `${held} held`,
    broken === 0 ? "0 broken" : screen.bad(`${broken} broken`),
    `${notApplicable} not applicable (reasons: overwall tour --why)`,
  ];
  screen.line(`  ${words.join(", ")}`);
  tour.verdict.notTried = notTried;
  if (notTried > 0) screen.line(screen.bad(`  ${notTried} not tried: this machine is too busy`));
}

async function tryOn(
  tour: Tour,
  tried: readonly Tried[],
  counts: Record<Cell["outcome"], number>,
): Promise<void> {
  const { screen, signal } = tour;
  const columns = tried.map(({ wire }) => wire.column.padEnd(COLUMN_WIDTH)).join("");
  screen.line(screen.faint(`  ${"rule".padEnd(TITLE_WIDTH - 2)}${columns.trimEnd()}`));
  const cells = tried.map((one) => tryOneByOne(tour, one));
  for (const [row, [id, title]] of RULES.entries()) {
    screen.begin(`  ${title.padEnd(TITLE_WIDTH - 2)}`);
    const faults: string[] = [];
    for (const [index, { wire }] of tried.entries()) {
      const cell = await (cells[index]?.[row] as Promise<Cell>);
      if (signal.aborted) return;
      counts[cell.outcome] += cell.checks;
      note(tour, wire, id, cell);
      if (cell.outcome === "broken") faults.push(`    ${wire.title}: ${cell.why}`);
      const isLast = index === tried.length - 1;
      screen.more(markOf(tour, cell) + (isLast ? "" : " ".repeat(COLUMN_WIDTH - 1)));
    }
    screen.end();
    for (const fault of faults) screen.line(screen.bad(shortened(fault, WIDTH)));
  }
}

/** One rule after the other; the wires do not wait for each other. */
function tryOneByOne({ screen, signal }: Tour, tried: Tried): readonly Promise<Cell>[] {
  let before: Promise<unknown> = Promise.resolve();
  return RULES.map(([id]) => {
    const cell = before.then(() => {
      const isLate = signal.aborted || screen.elapsedMs > TIME_IS_UP_MS;
      return isLate ? leftOut(tried, id) : tryCell(tried, id);
    });
    before = cell;
    return cell;
  });
}

function leftOut(tried: Tried, id: string): Cell {
  const { length: checks } = runnableOf(tried, id);
  return { outcome: "notTried", checks, durationMs: 0, why: "time is up" };
}

function markOf({ screen }: Tour, { outcome }: Cell): string {
  if (outcome === "held") return screen.good(MARK.held);
  if (outcome === "notTried") return screen.bad("?");
  return outcome === "broken" ? screen.bad(MARK.broken) : screen.faint(MARK.absent);
}

function note({ screen, verdict }: Tour, wire: TourWire, id: string, cell: Cell): void {
  if (cell.outcome === "held" || cell.outcome === "broken") {
    verdict.check(cell.outcome === "held", wire.key, `${id}: ${cell.why}`);
  }
  screen.tell({ event: "rule", rule: id, wire: wire.key, ...cell });
}

async function tryCell(tried: Tried, id: string): Promise<Cell> {
  const runnable = runnableOf(tried, id);
  const skip = skipOf(runnable);
  if (skip !== undefined) {
    return { outcome: "notApplicable", checks: runnable.length, durationMs: 0, why: skip };
  }
  const startMs = performance.now();
  const spent = (): number => Math.round(performance.now() - startMs);
  try {
    for (const one of runnable) await one.run();
    return { outcome: "held", checks: runnable.length, durationMs: spent() };
  } catch (error) {
    const why = error instanceof ConformanceFailure ? error.detail : messageOf(error);
    return { outcome: "broken", checks: runnable.length, durationMs: spent(), why };
  }
}

function runnableOf({ under, wire }: Tried, id: string): readonly RunnableCase[] {
  const runnable = conformance(under, { cases: cases.filter((one) => one.id === id) });
  return runnable.map((one) => {
    const skip = one.skip ?? wire.inapplicable?.(one);
    return skip === undefined ? one : { ...one, skip };
  });
}

/** A cell stands for both ways round: one that is not applicable leaves it out. */
function skipOf(runnable: readonly RunnableCase[]): string | undefined {
  return runnable.find((one) => one.skip !== undefined)?.skip;
}

/** `overwall tour --why`: what is not applicable, and for want of what. */
export async function tellWhy(
  screen: Tour["screen"],
  wires: readonly TourWire[],
  folder: string,
): Promise<void> {
  for (const wire of wires) {
    const absent = wire.absent?.();
    if (absent !== undefined) {
      screen.tell({ event: "why", wire: wire.key, why: absent });
      screen.line(`${wire.title}: not here: ${absent}`);
      continue;
    }
    const under = wire.underTest?.() ?? (await wire.live(folder));
    for (const [id, title] of RULES) {
      const why = skipOf(runnableOf({ wire, under }, id));
      if (why === undefined) continue;
      screen.tell({ event: "why", wire: wire.key, rule: id, why });
      screen.line(`${wire.title.padEnd(12)} ${title.padEnd(28)} ${why}`);
    }
  }
}
