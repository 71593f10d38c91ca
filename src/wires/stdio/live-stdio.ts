import type { Transport } from "../../contract/index.ts";
import { BusyError } from "../../contract/index.ts";

interface Live {
  readonly numbers: Set<number>;
  readonly transport: Transport;
  readonly over: Promise<void>;
}

const live: Set<Live> = new Set();

/** @throws {BusyError} ERR_WIRE_BUSY when one of the descriptors has a connection already. */
export function claimStdio(numbers: readonly number[]): void {
  for (const one of live) {
    const shared = numbers.find((number) => one.numbers.has(number));
    if (shared === undefined) continue;
    throw new BusyError("connect to stdio:", `descriptor ${shared} has a connection already`);
  }
}

/** A connection that is noted. */
export interface Noted {
  /** One of its descriptors is closed: the number may become another's. */
  closed(number: number): void;
  ended(): void;
}

export function noteStdio(numbers: readonly number[], transport: Transport): Noted {
  let tellEnded!: () => void;
  const over = new Promise<void>((resolve) => (tellEnded = resolve));
  const one = { numbers: new Set(numbers), transport, over };
  live.add(one);
  return {
    closed: (number) => void one.numbers.delete(number),
    ended: () => {
      live.delete(one);
      tellEnded();
    },
  };
}

/**
 * Closes the standard streams in order, and waits until all that was written has left: afterwards
 * `process.exit` loses nothing of it.
 *
 * Without it nothing is lost either when the main program returns: what is queued keeps the process
 * alive until it has left.
 *
 * @param exitCode becomes the process's exit code. Default: it stays.
 */
export async function finishStdio(exitCode?: number): Promise<void> {
  if (exitCode !== undefined) process.exitCode = exitCode;
  for (const { transport } of live) transport.loseConnection();
  await Promise.all([...live].map(({ over }) => over));
}
