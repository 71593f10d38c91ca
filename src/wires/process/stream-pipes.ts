import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import type { Intake, IntakeFacts, Outlet, OutletFacts } from "../_drivers/duct.ts";
import { StreamIntake } from "../_drivers/portable/stream-intake.ts";
import { StreamOutlet } from "../_drivers/portable/stream-outlet.ts";
import type { ChildFds } from "./child-fds.ts";
import { stdioOf } from "./child-fds.ts";
import type { ChildPipes } from "./child-pipes.ts";

/** Node's own: socket pairs, whose streams are the child's. */
export class StreamPipes implements ChildPipes {
  readonly driver = "portable";
  readonly stdio: ReturnType<typeof stdioOf>;
  #child: ChildProcess | null = null;

  constructor(fds: ChildFds) {
    this.stdio = stdioOf(fds, () => "pipe");
  }

  given(): void {
    // Node has closed them.
  }

  begin(child: ChildProcess): void {
    this.#child = child;
  }

  intake(childFD: number, facts: IntakeFacts): Intake {
    return new StreamIntake(this.#stream(childFD), facts);
  }

  /**
   * What the child writes where it should read is dropped; so its closing that end is noticed. Of
   * its standard input Node tells when it exits.
   */
  outlet(childFD: number, facts: OutletFacts): Outlet {
    const stream = this.#stream(childFD);
    if (childFD !== 0) stream.resume();
    return new StreamOutlet(stream, facts);
  }

  async letGo(): Promise<void> {
    await Promise.all(
      (this.#child?.stdio ?? []).map(async (stream) => {
        if (stream === null || stream === undefined || stream.closed) return;
        await new Promise<void>((resolve) => {
          stream.once("close", () => resolve());
          stream.destroy();
        });
      }),
    );
  }

  #stream(childFD: number): Socket {
    return this.#child?.stdio[childFD] as Socket;
  }
}
