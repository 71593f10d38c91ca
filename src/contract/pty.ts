import type { ProcessTransport } from "./process.ts";
import type { TerminalSize } from "./stdio.ts";

/**
 * A child process on a pseudo-terminal: what is written is typed there, what comes is what it
 * prints,
 * standard error included. It has no other descriptors: `writeToChild` and `childTransport` know 0
 * and 1, which are this transport, and `closeChildFD` is refused.
 *
 * @see twisted.internet.interfaces.IProcessTransport with `usePTY`
 */
export interface PtyTransport extends ProcessTransport {
  /** The size of its window, as it was set last. */
  readonly terminalSize: TerminalSize;
  /**
   * Changes the size of its window; the programs in it are told (SIGWINCH). After the end: nothing
   * happens.
   *
   * @throws {TypeError} {RangeError} unless both are whole numbers from 1 to 65535.
   */
  resize(size: TerminalSize): void;
}
