import { constants } from "node:fs";
import type { ReadStream } from "node:tty";
import { WriteStream } from "node:tty";
import type { TerminalSize } from "../../contract/index.ts";
import { UnsupportedError } from "../../contract/index.ts";
import { kindOf, reopened } from "../_drivers/descriptor-kind.ts";

/** What terminals can do beyond bytes. */
export class Terminal {
  readonly isInput: boolean;
  readonly isOutput: boolean;
  readonly #input: ReadStream | undefined;
  readonly #output: number;

  constructor(input: ReadStream | undefined, output: number) {
    this.#input = input;
    this.isInput = input !== undefined;
    this.isOutput = kindOf(output) === "terminal";
    this.#output = output;
  }

  setRawMode(isRaw: boolean): void {
    if (this.#input === undefined) {
      throw new UnsupportedError("set raw mode", "standard input is no terminal");
    }
    if (!this.#input.destroyed) this.#input.setRawMode(isRaw);
  }

  get size(): TerminalSize | null {
    return this.isOutput ? sizeOf(this.#output) : null;
  }

  onResize(changed: (size: TerminalSize) => void): Disposable {
    let before = this.size;
    const look = (): void => {
      const { size } = this;
      if (size === null) return;
      if (size.columns === before?.columns && size.rows === before.rows) return;
      before = size;
      changed(size);
    };
    process.on("SIGWINCH", look);
    return { [Symbol.dispose]: () => void process.off("SIGWINCH", look) };
  }
}

/** Node asks a terminal for its size only when it opens it. */
function sizeOf(output: number): TerminalSize | null {
  // Of a console of Windows Node itself takes a duplicate.
  const own =
    process.platform === "win32"
      ? output
      : reopened(output, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  if (own === null) return null;
  const stream = new WriteStream(own);
  const [columns, rows] = stream.getWindowSize();
  stream.destroy();
  return { columns, rows };
}
