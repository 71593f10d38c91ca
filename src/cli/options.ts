import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import type { Limits } from "../contract/index.ts";
import type { ReporterOptions } from "./reporter.ts";

/** What every command takes. */
export type CommonOptions = ReporterOptions;

/** What every command with connections takes. */
export interface TrafficOptions extends CommonOptions {
  readonly drain: number;
  readonly halfOpenIdle?: number;
  readonly idle: number;
  readonly connectTimeout: number;
  readonly maxConnections: number;
  readonly progress?: boolean;
  readonly tap?: "hex" | "text";
}

/** Queued bytes that end a connection of the command: a program in between must not fill memory. */
const WRITE_LIMIT_BYTES = 64 * 1024 * 1024;

export function limitsOf(options: TrafficOptions): Partial<Limits> {
  return {
    writeLimit: WRITE_LIMIT_BYTES,
    idleMs: options.idle,
    connectTimeoutMs: options.connectTimeout,
    maxConnections: options.maxConnections,
    ...(options.halfOpenIdle === undefined ? {} : { halfOpenIdleMs: options.halfOpenIdle }),
  };
}

/**
 * How long the way back may be silent after one side's end. A program behind pipes on any side of
 * `specs` tells its own end by exiting, and may work in silence until then: it is not bounded
 * unless that was asked for. One on a terminal is: it may take the end of its input for a key.
 * `undefined`: as anywhere.
 */
export function halfOpenIdleOf(
  specs: readonly string[],
  { halfOpenIdle }: Pick<TrafficOptions, "halfOpenIdle">,
): number | undefined {
  return halfOpenIdle ?? (specs.some(isProgram) ? Infinity : undefined);
}

/** How long a way may be silent after the end of the other one, in `connect`. */
export const HALF_OPEN_IDLE_MS = 60_000;

/** How long the peer may be silent after the end of what the command reads; off for most. */
export function ownEndIdleOf(
  spec: string,
  { halfOpenIdle }: Pick<TrafficOptions, "halfOpenIdle">,
): number {
  return halfOpenIdle ?? (isTerminal(spec) ? HALF_OPEN_IDLE_MS : Infinity);
}

/** Whether the wire that a string names is a program's terminal. */
export function isTerminal(spec: string): boolean {
  return wireOf(spec) === "pty";
}

function isProgram(spec: string): boolean {
  return wireOf(spec) === "process";
}

function wireOf(spec: string): string | undefined {
  return spec.split(":", 1)[0]?.split("+").at(-1);
}

export function withCommon(command: Command): Command {
  return command
    .option("--json", "one JSON event a line")
    .option("-q, --quiet", "only errors, warnings and data")
    .option("-v, --verbose", "more words")
    .addOption(
      new Option("--color [when]", "colour words; auto heeds NO_COLOR")
        .choices(["auto", "always", "never"])
        .default("auto", "auto; without a word: always"),
    )
    .option("--debug", "stack traces with errors");
}

export function withTraffic(command: Command): Command {
  const timed = (
    flags: string,
    what: string,
    fallbackMs: number | undefined,
    words: string,
  ): Option => new Option(flags, what).argParser(readTime).default(fallbackMs, words);
  return withCommon(command)
    .addOption(
      timed(
        "--drain <seconds>",
        "after SIGINT, SIGTERM or SIGHUP: how long connections may go on",
        10_000,
        "10",
      ),
    )
    .addOption(
      timed(
        "--half-open-idle <time>",
        "after one side's end: how long the way back may be silent (60s; with process: on a side: off)",
        undefined,
        "60s; process: off",
      ),
    )
    .addOption(timed("--idle <time>", "how long nothing may move either way", Infinity, "off"))
    .addOption(timed("--connect-timeout <time>", "how long connecting may take", 30_000, "30s"))
    .option(
      "--max-connections <count>",
      "connections at once; more have to wait",
      readCount,
      10_000,
    )
    .option("--progress", "show what flows, on a terminal")
    .addOption(new Option("--tap <form>", "show every byte, on stderr").choices(["hex", "text"]));
}

/** How long a person is given to read. */
export function withPace(command: Command): Command {
  const words = "how long to rest after each act (2.5s on a terminal, otherwise 0)";
  return command.addOption(new Option("--pace <time>", words).argParser(readTime));
}

const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/** Seconds, or a number with its unit. */
function readTime(text: string): number {
  if (text === "off") return Infinity;
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|)$/.exec(text);
  const unit = UNITS_MS.get(match?.[2] ?? "?");
  if (match === null || unit === undefined) {
    throw new InvalidArgumentError(
      "Expected seconds, or a time such as 500ms, 10s, 2m, 1h or off.",
    );
  }
  const timeMs = Number(match[1]) * unit;
  if (timeMs > TIME_MAX_MS) throw new InvalidArgumentError("Expected at most 596h, or off.");
  return timeMs;
}

/** The longest that a timer takes; a longer one would be over at once. */
const TIME_MAX_MS = 2 ** 31 - 1;

function readCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new InvalidArgumentError("Expected a count of at least 1.");
  return Number(text);
}
