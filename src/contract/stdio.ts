import type { StdioAddress } from "./address.ts";
import type { Abortable, HalfCloseable } from "./capabilities.ts";
import type { DriverName } from "./driver.ts";
import type { Transport } from "./transport.ts";

/** The size of a terminal's window, in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The standard streams of this process. @see twisted.internet.stdio.StandardIO */
export interface StdioTransport extends Transport, Abortable, HalfCloseable {
  getPeer(): StdioAddress;
  getHost(): StdioAddress;
  /**
   * Which driver carries it: the portable one as soon as one descriptor needs it. Files go through
   * the thread pool with either.
   */
  readonly driver: DriverName;
  /**
   * Descriptors that could not be opened anew, and were made non-blocking for all who share them:
   * pipes of another user; on the portable driver sockets too. Empty in a shell's pipeline.
   */
  readonly nonBlocking: readonly number[];
  /** Whether input is a terminal, output is one. */
  readonly isTerminal: { readonly input: boolean; readonly output: boolean };
  /**
   * Keys as they are pressed, unechoed, or lines. Undone when the connection or the process ends.
   *
   * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED when input is no terminal.
   */
  setRawMode(isRaw: boolean): void;
  /** The size of the terminal that output is; `null` when it is none. */
  readonly terminalSize: TerminalSize | null;
  /** Calls `changed` whenever that size is another. */
  onTerminalResize(changed: (size: TerminalSize) => void): Disposable;
}
