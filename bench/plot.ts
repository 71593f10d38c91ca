import type { Results } from "./results.ts";
import { samplesOf } from "./results.ts";
import type { Spread } from "./statistics.ts";
import { pairedRatios, spreadOf } from "./statistics.ts";
import type { Workload } from "./workloads.ts";
import { workloads } from "./workloads.ts";

interface Bar {
  readonly title: string;
  readonly color: string;
  readonly spread: Spread;
}

/**
 * A group of bars for each workload: how many times less CPU than the reference. Lines are ranges.
 */
export function plotOf(results: Results, reference: string): string {
  const groups = workloads
    .filter(({ measure }) => measure === "cost")
    .map((workload) => ({ workload, bars: barsOf(results, workload, reference) }))
    .filter(({ bars }) => bars.length > 0);
  const most = Math.max(1, ...groups.flatMap(({ bars }) => bars.map(({ spread }) => spread.max)));
  const scale = (ratio: number): number => LEFT + (ratio / most) * (WIDTH - LEFT - RIGHT);
  const parts: string[] = [];
  let y = TOP;
  for (const { workload, bars } of groups) {
    parts.push(text(8, y + 11, workload.title, "start", "bold"));
    y += BAR + 4;
    for (const bar of bars) {
      parts.push(...drawBar(bar, y, scale));
      y += BAR;
    }
    y += GAP;
  }
  const height = y + 8;
  const one = scale(1).toFixed(1);
  const title = `CPU of ${results.peers[reference] ?? reference} / CPU of each, per operation`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}"`,
    `  viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(8, 16, `${title}; longer is better; ${day(results)}`, "start", "normal"),
    `<line x1="${one}" y1="${TOP - 6}" x2="${one}" y2="${height - 8}" stroke="#888888"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

function barsOf(results: Results, workload: Workload, reference: string): readonly Bar[] {
  const theirs = samplesOf(results, workload, reference);
  return Object.keys(results.peers).flatMap((peer) => {
    const spread = spreadOf(pairedRatios(samplesOf(results, workload, peer), theirs));
    if (spread === undefined) return [];
    return [{ title: results.peers[peer] ?? peer, color: colorOf(peer), spread }];
  });
}

function drawBar({ title, color, spread }: Bar, y: number, scale: (r: number) => number): string[] {
  const middle = y + BAR / 2;
  const width = (scale(spread.median) - LEFT).toFixed(1);
  const [from, to] = [scale(spread.min).toFixed(1), scale(spread.max).toFixed(1)];
  return [
    text(LEFT - 6, middle + 4, title, "end", "normal"),
    `<rect x="${LEFT}" y="${y + 2}" width="${width}" height="${BAR - 4}" fill="${color}"/>`,
    `<line x1="${from}" y1="${middle}" x2="${to}" y2="${middle}" stroke="#333333"/>`,
    text(scale(spread.max) + 5, middle + 4, spread.median.toFixed(2), "start", "normal"),
  ];
}

function colorOf(peer: string): string {
  if (peer.startsWith("overwall-native")) return "#2a7ab8";
  if (peer.startsWith("overwall")) return "#8cbde0";
  if (peer.startsWith("c-")) return "#9a9a9a";
  return "#d9c9a3";
}

function text(x: number, y: number, words: string, anchor: string, weight: string): string {
  const safe = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const place = `x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"`;
  return `<text ${place} font-weight="${weight}" fill="#222222">${safe}</text>`;
}

function day({ date }: Results): string {
  return date.slice(0, 10);
}

const WIDTH = 860;
const LEFT = 230;
const RIGHT = 60;
const TOP = 34;
const BAR = 15;
const GAP = 10;
