import type { Screen } from "./screen.ts";
import { shortened, WIDTH } from "./screen.ts";

const AT_ONCE = 10;
const EVERY_MS = 200;

/** What happens beside the acts, shown as it happens, and never so much that it hides them. */
export class Notes {
  readonly #screen: Screen;
  #allowance = AT_ONCE;
  #hidden = 0;
  #lastMs: number = performance.now();

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Something that everybody has to see. */
  always(words: string): void {
    this.#screen.line(words);
  }

  /** Something that a guest did: not more than a few in a second. */
  guest(words: string): void {
    const nowMs = performance.now();
    this.#allowance = Math.min(AT_ONCE, this.#allowance + (nowMs - this.#lastMs) / EVERY_MS);
    this.#lastMs = nowMs;
    if (this.#allowance < 1) {
      this.#hidden += 1;
      return;
    }
    this.#allowance -= 1;
    const more = this.#hidden === 0 ? "" : ` (and ${this.#hidden} more lines of guests)`;
    this.#hidden = 0;
    this.#screen.line(shortened(`  ┆ ${words}`, WIDTH - more.length) + more);
  }
}
