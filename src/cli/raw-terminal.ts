import { spawnSync } from "node:child_process";
import type { ReadStream } from "node:tty";
import type { PtyTransport, TerminalSize, Transport } from "../contract/index.ts";
import { Terminal } from "../wires/stdio/terminal.ts";

/**
 * The terminal that the command was started on: its window, and its keys one by one.
 *
 * Whatever ends the process but SIGKILL and a fault of the engine, the terminal is as it was:
 * disposing sees to that, and so does Node at its exit.
 */
export class RawTerminal implements Disposable {
  readonly #terminal: Terminal;
  readonly #escape: Escape = new Escape();
  #following: Disposable | undefined;
  #isRaw = false;

  constructor() {
    const input = process.stdin.isTTY === true ? (process.stdin as ReadStream) : undefined;
    this.#terminal = new Terminal(input, process.stdout.fd);
  }

  get isInput(): boolean {
    return this.#terminal.isInput;
  }

  /** Whether a person sits there: at both ends. */
  get isWhole(): boolean {
    return this.#terminal.isInput && this.#terminal.isOutput;
  }

  /** Of its window; none where there is no terminal, or it knows no size. */
  get size(): TerminalSize | undefined {
    const size = this.#terminal.size;
    return size === null || size.columns === 0 || size.rows === 0 ? undefined : size;
  }

  /** Gives the far terminal the size of this one, now and whenever it changes. */
  follow(far: Transport): void {
    if (!isPty(far)) return;
    const pass = (): void => {
      const { size } = this;
      if (size !== undefined) far.resize(size);
    };
    this.#following = this.#terminal.onResize(pass);
    pass();
  }

  /**
   * From here on keys are data, and what is printed is left as it is.
   *
   * @param taken told in between, while lines of ours still are lines.
   */
  takeKeys(taken: () => void): void {
    this.#terminal.setRawMode(true);
    this.#isRaw = true;
    process.on("SIGQUIT", this.#quit);
    taken();
    // Node has no word for it: it goes on putting a return before each line feed, and a full
    // screen that only meant "down" comes out wrong. Leaving raw mode undoes this as well.
    spawnSync("stty", ["-opost"], { stdio: [process.stdin.fd, "ignore", "ignore"] });
  }

  /** Whether what was typed asks to leave: Ctrl-] three times within a second. */
  asksToLeave(typed: Uint8Array): boolean {
    return this.#isRaw && this.#escape.isIn(typed, performance.now());
  }

  /** The terminal is as it was. */
  [Symbol.dispose](): void {
    this.#following?.[Symbol.dispose]();
    if (!this.#isRaw) return;
    this.#isRaw = false;
    process.off("SIGQUIT", this.#quit);
    this.#terminal.setRawMode(false);
  }

  readonly #quit = (): void => {
    this[Symbol.dispose]();
    process.kill(process.pid, "SIGQUIT");
  };
}

/** As other programs do that pass every key on: it is three keys, and they are passed on, too. */
export class Escape {
  #count = 0;
  #firstMs = 0;

  isIn(typed: Uint8Array, nowMs: number): boolean {
    for (const byte of typed) {
      if (byte !== CONTROL_BRACKET) {
        this.#count = 0;
        continue;
      }
      if (this.#count === 0 || nowMs - this.#firstMs > WITHIN_MS) {
        this.#count = 0;
        this.#firstMs = nowMs;
      }
      this.#count += 1;
      if (this.#count === TIMES) return true;
    }
    return false;
  }
}

const CONTROL_BRACKET = 0x1d;
const TIMES = 3;
const WITHIN_MS = 1000;

function isPty(transport: Transport): transport is PtyTransport {
  return "terminalSize" in transport && "resize" in transport;
}
