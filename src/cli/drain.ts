import { EXIT } from "./exit-code.ts";
import type { Reporter } from "./reporter.ts";
import type { Stopper } from "./stopper.ts";
import { aborted } from "./stopper.ts";
import { counted } from "./wording.ts";

/** What is let go of when a signal came. */
export interface Drained<T> {
  /** How many connections are there. */
  readonly waiting: number;
  /** Stops listening, gives connections `graceMs`, cuts the rest; tells which those were. */
  close(graceMs: number): Promise<Iterable<T>>;
  tellCut(connection: T): void;
}

/**
 * Lets what is there finish, within the time given, and tells who had to be cut. A second signal
 * cuts at once. SIGINT, and any cut, is told to the shell as interrupted.
 */
export async function drain<T>(
  reporter: Reporter,
  stopper: Stopper,
  graceMs: number,
  drained: Drained<T>,
): Promise<void> {
  const { waiting } = drained;
  if (waiting > 0) tellDraining(reporter, waiting, graceMs);
  const gently = drained.close(graceMs);
  const atOnce = aborted(stopper.now).then(() => drained.close(0));
  const first = await Promise.race([gently, atOnce]);
  const cut = new Set([...first, ...(stopper.now.aborted ? await atOnce : [])]);
  for (const connection of cut) drained.tellCut(connection);
  if (stopper.signal === "SIGINT" || cut.size > 0) process.exitCode = EXIT.interrupted;
}

export function tellDraining(reporter: Reporter, waiting: number, graceMs: number): void {
  reporter.tell(
    { event: "draining", connections: waiting, graceMs },
    `draining ${counted(waiting, "connection")}; a second signal cuts them now`,
  );
}
