import type { Event, Reporter } from "../reporter.ts";

export interface ScreenOptions {
  readonly isPlain: boolean;
}

/** Nothing is wider than this, so that it fits wherever it is read. */
export const WIDTH = 80;

/**
 * Where the tour is shown: lines on standard output, or events in their place.
 *
 * Lines are only ever added, so that a file gets the same as a terminal. One line may be written
 * bit by bit as its parts become true; what comes from elsewhere meanwhile waits until it ends.
 */
export class Screen {
  readonly #reporter: Reporter;
  readonly #isPlain: boolean;
  readonly #startedMs: number = performance.now();
  readonly #waiting: string[] = [];
  #isWithinLine = false;

  constructor(reporter: Reporter, { isPlain }: ScreenOptions) {
    this.#reporter = reporter;
    this.#isPlain = isPlain;
    reporter.watch(process.stdout);
  }

  /** Since the tour began. */
  get elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }

  /** A fact, for `--json`. */
  tell(event: Event): void {
    if (this.#reporter.isJson) this.#reporter.tell(event);
  }

  /** An act begins: its title, and how long after the start. */
  heading(title: string): void {
    const { elapsedMs } = this;
    this.tell({ event: "act", title, elapsedMs: Math.round(elapsedMs) });
    const time = `${(elapsedMs / 1000).toFixed(1)} s`;
    this.line();
    this.line(`${this.strong(title)}${time.padStart(WIDTH - title.length)}`);
  }

  line(words = ""): void {
    if (this.#isWithinLine) this.#waiting.push(words);
    else this.#write(`${words}\n`);
  }

  /**
   * Shows cells beside each other, `columns` to a line, each as soon as it is called for.
   *
   * @param width of a cell, with what parts it from the next.
   */
  cells(columns: number, width: number): (words: string, visibleLength: number) => void {
    let count = 0;
    let gap = 0;
    return (words, visibleLength) => {
      if (count % columns === 0 && count > 0) this.end();
      if (count % columns === 0) this.begin(`  ${words}`);
      else this.more(`${" ".repeat(gap)}${words}`);
      gap = Math.max(1, width - visibleLength);
      count += 1;
    };
  }

  /** Begins a line that `more` goes on with and `end` ends. */
  begin(words: string): void {
    this.#isWithinLine = true;
    this.#write(words);
  }

  more(words: string): void {
    this.#write(words);
  }

  end(): void {
    if (this.#isWithinLine) this.#write("\n");
    this.#isWithinLine = false;
    for (const line of this.#waiting.splice(0)) this.line(line);
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

  strong(words: string): string {
    return this.#paint("1", words);
  }

  /** Resolves when all that was written has left this process. */
  flushed(): Promise<void> {
    return new Promise((resolve) => {
      process.stdout.once("error", () => resolve());
      process.stdout.write("", () => resolve());
    });
  }

  #write(text: string): void {
    if (!this.#reporter.isJson) process.stdout.write(text);
  }

  #paint(style: string, words: string): string {
    return this.#isPlain || words === "" ? words : `\u001b[${style}m${words}\u001b[0m`;
  }
}

/** Cut to `width` columns; what is not of ASCII counts as two, since some of it is that wide. */
export function shortened(words: string, width: number): string {
  const safe = words.replace(/\p{C}/gu, "");
  let used = 0;
  let cut = "";
  for (const letter of safe) {
    used += letter > "~" ? 2 : 1;
    if (used > width) return `${cut.slice(0, -1)}…`;
    cut += letter;
  }
  return cut;
}

/** Words broken into lines of at most `width` columns. */
export function folded(words: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of words.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length > width && line !== "") {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}
