import type { CloseReason, Ledger } from "../contract/index.ts";
import { describeReason } from "../contract/index.ts";

/** A count of bytes as people read it: `1,234 B`. */
export function bytesOf(count: number): string {
  return `${count.toLocaleString("en-US")} B`;
}

/** A rough size for something that moves: `1.2 MiB`. */
export function roughly(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

export function secondsOf(durationMs: number): string {
  return durationMs < 1000 ? `${Math.round(durationMs)} ms` : `${(durationMs / 1000).toFixed(1)} s`;
}

/** `1 connection`, `2 connections`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** What went each way on one connection, and what of it did not leave. */
export function carriedWords({ sent, received, unsent }: Ledger): string {
  const lost = unsent === 0 ? "" : `, ${bytesOf(unsent)} unsent`;
  return `${bytesOf(sent)} sent, ${bytesOf(received)} received${lost}`;
}

/** An account in one line. */
export function ledgerWords(ledger: Ledger): string {
  const { received, delivered, accepted, sent, unsent, dropped } = ledger;
  return [
    `read ${received}, delivered ${delivered}`,
    `accepted ${accepted}, sent ${sent}, unsent ${unsent}, dropped ${dropped}`,
  ].join("; ");
}

export function messageOf(error: unknown): string {
  return inCommandWords(error instanceof Error ? error.message : String(error));
}

/** One sentence for a person: who ended the connection, and why. */
export function reasonWords(reason: CloseReason): string {
  return inCommandWords(describeReason(reason));
}

/** Advice that names an option of the library names here what the command has in its place. */
export function inCommandWords(message: string): string {
  let words = message;
  for (const [ofLibrary, ours] of OPTIONS) words = words.replaceAll(ofLibrary, ours);
  return words;
}

const OPTIONS: readonly (readonly [string, string])[] = [
  ["as `ca`", "as ?ca=FILE (?insecure takes any)"],
  ["(idleMs)", "(--idle)"],
  ["(halfOpenIdleMs)", "(--half-open-idle)"],
];

/** The code of an error, for an event; an error without one gives nothing. */
export function codeOf(error: unknown): { readonly code?: unknown } {
  return error instanceof Error && "code" in error ? { code: error.code } : {};
}
