import { systemRuntime } from "../../flow/index.ts";
import type { Outlet, OutletFacts } from "./duct.ts";

/** A pipe that nobody read when it was opened: it has ended, and is left to those who share it. */
export class UnreadOutlet implements Outlet {
  #isSilent = false;

  constructor(facts: OutletFacts) {
    systemRuntime().turn.later(() => {
      if (!this.#isSilent) facts.ended();
      this.#isSilent = true;
    });
  }

  send(): void {
    // Nobody takes it: it is told in a moment.
  }

  end(): void {
    // It has ended.
  }

  close(done: () => void): void {
    this.#isSilent = true;
    systemRuntime().turn.later(done);
  }
}
