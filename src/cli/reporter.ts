import { isWireError } from "../contract/index.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { messageOf } from "./wording.ts";

export type ColorChoice = "auto" | "always" | "never";

export interface ReporterOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly debug?: boolean;
  /** `true`: the option without a word. */
  readonly color: ColorChoice | true;
}

/** One thing that happened, for `--json`. */
export interface Event {
  readonly event: string;
  readonly [fact: string]: unknown;
}

/** Where words go: stderr, or, with `--json`, one object a line to where the events belong. */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #events: NodeJS.WriteStream;
  readonly #hasColor: boolean;
  /** What stands on the terminal's last line, to be written over. */
  #status = "";

  /** @param events where NDJSON goes: stdout, unless that carries data. */
  constructor(options: ReporterOptions, events: NodeJS.WriteStream) {
    this.#options = options;
    this.#events = events;
    this.#hasColor = wantsColor(options.color);
    // A reader that went away is no failure of ours; whoever cares about it listens as well.
    // Standard output is left alone unless it is ours: looking at it changes it for others.
    for (const stream of new Set([events, process.stderr])) this.watch(stream);
  }

  /** Tells when what is written to `stream` cannot be written, if somebody is there to read it. */
  watch(stream: NodeJS.WriteStream): void {
    stream.on("error", outputFailed(stream));
  }

  get isJson(): boolean {
    return this.#options.json === true;
  }

  /** Something happened: its facts with `--json`, its words, if it has any, otherwise. */
  tell(event: Event, words?: string): void {
    if (this.isJson) this.#events.write(`${JSON.stringify({ ...event }, replaceInfinity)}\n`);
    else if (words !== undefined) this.say(words);
  }

  /** Words for a person, unless they asked for quiet. */
  say(words: string): void {
    if (this.#options.quiet !== true && !this.isJson) this.print(words);
  }

  /** Puts `words` on the terminal's last line, in place of those before; none takes them away. */
  status(words: string): void {
    process.stderr.write(`${ERASE_LINE}${words}`);
    this.#status = words;
  }

  /** Words for a person who asked for more. */
  detail(words: string): void {
    if (this.#options.verbose === true) this.say(words);
  }

  /** Words that a person has to see even so: something they asked for will not be as they think. */
  warn(words: string): void {
    if (this.isJson) this.tell({ event: "warning", message: words });
    else this.print(`${this.#paint("33", "overwall:")} ${words}`);
  }

  /** Something failed and the command goes on: told to whoever asked for quiet, too. */
  fault(event: Event, words: string): void {
    if (this.isJson) this.tell(event);
    else this.print(`${this.#paint("31", "overwall:")} ${words}`);
  }

  /** One message, without a stack unless asked for; sets the exit code that the error means. */
  fail(error: unknown): void {
    process.exitCode = exitCodeOf(error);
    const message = messageOf(error);
    if (this.isJson) {
      const code = isWireError(error) ? { code: error.code } : {};
      this.tell({ event: "error", message, ...code });
      return;
    }
    const stack = this.#options.debug === true ? stackOf(error) : "";
    this.print(`${this.#paint("31", "overwall:")} ${message}${stack}`);
  }

  good(words: string): string {
    return this.#paint("32", words);
  }

  bad(words: string): string {
    return this.#paint("31", words);
  }

  faint(words: string): string {
    return this.#paint("2", words);
  }

  /** A line on stderr, whatever else was asked for; above the status, if there is one. */
  print(words: string): void {
    const [over, under] = this.#status === "" ? ["", ""] : [ERASE_LINE, this.#status];
    process.stderr.write(`${over}${words}\n${under}`);
  }

  #paint(style: string, words: string): string {
    return this.#hasColor ? `\u001b[${style}m${words}\u001b[0m` : words;
  }
}

/** With what it was caused by: that is where the fault is. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const cause = stackOf(error.cause);
  return `\n${error.stack}${cause === "" ? "" : `\ncaused by:${cause}`}`;
}

const ERASE_LINE = "\r\u001b[K";

/** https://no-color.org: set and not empty. */
function wantsColor(choice: ColorChoice | true): boolean {
  if (choice !== "auto") return choice !== "never";
  return (process.env["NO_COLOR"] ?? "") === "" && process.stderr.isTTY === true;
}

/** A full disk is a failure, and is told where that still can be. */
function outputFailed(stream: NodeJS.WriteStream): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (error.code === "EPIPE") return;
    process.exitCode = EXIT.failed;
    if (stream !== process.stderr)
      process.stderr.write(`overwall: Cannot write: ${error.message}\n`);
  };
}

/** JSON has no infinity; a limit that is off is `null` there. */
function replaceInfinity(_key: string, value: unknown): unknown {
  return value === Infinity ? null : value;
}
