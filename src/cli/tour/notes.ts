import type { Screen } from "./screen.ts";
import { shortened, WIDTH } from "./screen.ts";

/** How many at once, and how soon there may be one more. */
const AT_ONCE = 10;
const EVERY_MS = 200;

/** What happens beside the acts, shown as it happens, and never so much that it hides them. */
export class Notes {
  readonly #screen: Screen;
  readonly #comings = new Allowance();
  readonly #lines = new Allowance();
  #hidden = 0;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Something that everybody has to see. */
  always(words: string): void {
    this.#screen.line(words);
  }

  /** A guest came, left, or was cut. */
  coming(words: string): void {
    this.#show(words, this.#comings);
  }

  /** A guest said something. */
  said(words: string): void {
    this.#show(words, this.#lines);
  }

  #show(words: string, allowance: Allowance): void {
    if (!allowance.take()) {
      this.#hidden += 1;
      return;
    }
    const more = this.#hidden === 0 ? "" : ` (${this.#hidden} more not shown)`;
    this.#hidden = 0;
    this.#screen.line(shortened(`  ┆ ${words}`, WIDTH - more.length - 1) + more);
  }
}

class Allowance {
  #left = AT_ONCE;
  #lastMs: number = performance.now();

  take(): boolean {
    const nowMs = performance.now();
    this.#left = Math.min(AT_ONCE, this.#left + (nowMs - this.#lastMs) / EVERY_MS);
    this.#lastMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
