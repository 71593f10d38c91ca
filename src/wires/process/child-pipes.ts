import type { ChildProcess, StdioOptions } from "node:child_process";
import type { DriverName } from "../../contract/index.ts";
import type { Intake, IntakeFacts, Outlet, OutletFacts } from "../_drivers/duct.ts";

/** The pipes between us and one child, by its numbers. */
export interface ChildPipes {
  readonly driver: DriverName;
  /** What `spawn` is given. */
  readonly stdio: StdioOptions;
  /** It was given them: whatever there is of the child's ends here is closed. */
  given(): void;
  /** The child runs. @throws the system's error; `letGo` is still to be called then. */
  begin(child: ChildProcess): void;
  /** What reads a descriptor that the child writes. Once for each, in the turn of `begin`. */
  intake(childFD: number, facts: IntakeFacts): Intake;
  /** What writes a descriptor that the child reads; its input has ended when it has exited. */
  outlet(childFD: number, facts: OutletFacts): Outlet;
  /** Closes all that is not in an intake or an outlet; settles when that is done. */
  letGo(): Promise<void>;
}
