import type { Results } from "./results.ts";
import { costUnit, samplesOf } from "./results.ts";
import { median } from "./statistics.ts";
import { ratioCell } from "./table.ts";
import type { Workload } from "./workloads.ts";
import { workloads } from "./workloads.ts";

export const BEGIN = "<!-- bench: begin, written by npm run bench -- --write-readme -->";
export const END = "<!-- bench: end -->";

/**
 * A page with the section between its marks made anew.
 *
 * @throws {Error} when the marks are not there, once each and in order.
 */
export function withSection(page: string, section: string): string {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  const isTwice = page.lastIndexOf(BEGIN) !== from || page.lastIndexOf(END) !== to;
  if (from < 0 || to < from || isTwice) {
    throw new Error(`Cannot write the section: the page needs "${BEGIN}" and "${END}", once each`);
  }
  return `${page.slice(0, from + BEGIN.length)}\n${section.trim()}\n${page.slice(to)}`;
}

/** What README.md says about speed: figures, and when, where and how they were measured. */
export function sectionOf(results: Results, plot: string, tables: string): string {
  const { machine } = results;
  const unit =
    costUnit(results.runs) === "cycles" ? "cycles, by the machine's counters" : "CPU time";
  return [
    `Cost of one operation in the server (${unit}; kernel and user land), as a ratio: 2 means half the`,
    "cost. Medians of the pairs of interleaved rounds, with their ends. The servers do the same and",
    "every byte of every answer is checked.",
    "",
    ...ratioTable(results),
    "",
    ...figureLines(results),
    `![Each workload, everybody measured](${plot})`,
    "",
    `Measured ${results.date.slice(0, 10)}, ${results.rounds} rounds of ${results.seconds} s, Node ${results.node},`,
    `${machine.cpu}, ${machine.cores} processors, ${machine.kernel}, loopback,`,
    `by \`${results.command}\`.`,
    `All tables: [${tables}](${tables}). How it is measured, and what it does not tell:`,
    "[bench/README.md](bench/README.md).",
  ].join("\n");
}

function ratioTable(results: Results): readonly string[] {
  const columns = COLUMNS.filter(([peer]) => peer in results.peers);
  const rows = workloads
    .filter((workload) => workload.measure === "cost")
    .flatMap((workload) => {
      const cells = columns.map(([peer, against]) => ratioCell(results, workload, peer, against));
      return cells.every((cell) => cell === "")
        ? []
        : [`| ${workload.title} | ${cells.join(" | ")} |`];
    });
  const heads = columns.map(([, , head]) => head);
  return [`| | ${heads.join(" | ")} |`, `| --- |${" ---: |".repeat(heads.length)}`, ...rows];
}

/** Of whom, against whom, and the words above the column. */
const COLUMNS: readonly (readonly [string, string, string])[] = [
  ["overwall-native", "node-net", "native × `node:net`, noDelay"],
  ["overwall-portable", "node-net", "portable × `node:net`, noDelay"],
  ["overwall-native", "c-epoll", "native × C epoll"],
];

/** The figures that are no ratios. */
function figureLines(results: Results): readonly string[] {
  const lines = FIGURES.flatMap(({ id, words }) => {
    const workload = workloads.find((one) => one.id === id);
    if (workload === undefined) return [];
    const figures = ["overwall-native", "overwall-portable", "node-net"].flatMap((peer) => {
      const figure = figureOf(results, workload, peer);
      return figure === undefined ? [] : [`${results.peers[peer] ?? peer} ${figure}`];
    });
    return figures.length === 0 ? [] : [`- ${words}: ${figures.join("; ")}.`];
  });
  return lines.length === 0 ? [] : [...lines, ""];
}

const FIGURES: readonly { readonly id: string; readonly words: string }[] = [
  { id: "idle", words: "Memory of an idle connection, at 10,000" },
  { id: "many", words: "19,000 connections at once, each echoing every second for a minute" },
  {
    id: "timer",
    words: "A timer of 5 ms beside 1000 connections that echo without pause, late by",
  },
];

function figureOf(results: Results, workload: Workload, peer: string): string | undefined {
  const runs = results.runs.filter((run) => run.workload === workload.id && run.peer === peer);
  if (runs.length === 0) return undefined;
  switch (workload.measure) {
    case "memory": {
      const bytes = median(samplesOf(results, workload, peer).map(({ cost }) => cost));
      return `${(bytes / 1024).toFixed(1)} KiB`;
    }
    case "survival": {
      const lost = Math.max(...runs.map(({ report }) => report.lost));
      const p99Ms = median(runs.map(({ report }) => report.p99Us)) / 1000;
      return `${lost} lost, p99 ${p99Ms.toFixed(1)} ms`;
    }
    case "timer":
      return `${Math.max(...runs.map(({ timerLatestMs = 0 }) => timerLatestMs)).toFixed(0)} ms`;
    case "cost":
      return undefined;
  }
}
