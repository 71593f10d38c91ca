/** What `run()` of `node:test` tells of a test. */
interface TestEvent {
  readonly name: string;
  readonly file?: string;
  readonly skip?: string | boolean | undefined;
  readonly todo?: string | boolean | undefined;
  readonly details: { readonly type?: string | undefined };
}

/** What a test printed. */
interface OutputEvent {
  readonly message: string;
}

/** The part of the stream that a tally listens to. */
export interface TestEvents {
  on(event: "test:pass" | "test:fail", listener: (test: TestEvent) => void): unknown;
  on(event: "test:stdout", listener: (output: OutputEvent) => void): unknown;
}

/** Counts tests, not the suites around them, and remembers why some were skipped. */
export class TestTally {
  #passed = 0;
  #failed = 0;
  #brokenSuites = 0;
  readonly #skips = new Map<string, number>();
  readonly #counts = new Set<string>();

  /** False as well if nothing ran. */
  get isGood(): boolean {
    return this.#failed === 0 && this.#brokenSuites === 0 && this.#passed > 0;
  }

  watch(events: TestEvents): void {
    events.on("test:pass", (test) => this.#pass(test));
    events.on("test:fail", (test) => this.#fail(test));
    events.on("test:stdout", ({ message }) => {
      for (const [line] of message.matchAll(/^count .+$/gm)) this.#counts.add(line);
    });
  }

  report(files: number): string {
    const skipped = [...this.#skips.values()].reduce((sum, times) => sum + times, 0);
    const lines = [
      "",
      ...[...this.#counts].sort(),
      ...[...this.#skips].sort().map(([reason, times]) => `skipped ${times}: ${reason}`),
      `test files: ${files}`,
    ];
    const verdict = `${this.#passed} passed, ${this.#failed} failed, ${skipped} skipped`;
    return `${[...lines, verdict].join("\n")}\n`;
  }

  #pass(test: TestEvent): void {
    const reason = test.skip ?? test.todo;
    if (reason !== undefined && reason !== false) {
      const why = typeof reason === "string" && reason !== "" ? reason : `no reason: ${test.name}`;
      this.#skips.set(why, (this.#skips.get(why) ?? 0) + 1);
    } else if (test.details.type !== "suite") {
      this.#passed += 1;
    }
  }

  #fail(test: TestEvent): void {
    if (test.details.type === "suite") this.#brokenSuites += 1;
    else this.#failed += 1;
  }
}
