import type { Clock } from "../../contract/index.ts";
import type { MakeIntake } from "../_drivers/duct.ts";

/** Tells when, for a time, no byte came although all that is open was being read. */
export class Stillness {
  readonly #clock: Clock;
  readonly #held: Set<MakeIntake> = new Set();
  #movedCount = 0;
  #timer: Disposable | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The same intake, watched. */
  watch(make: MakeIntake): MakeIntake {
    return (facts) => {
      this.#held.add(make);
      const leave = (): void => void this.#held.delete(make);
      const intake = make({
        received: (chunk) => {
          this.#movedCount++;
          facts.received(chunk);
        },
        ended: () => {
          leave();
          facts.ended();
        },
        failed: (error) => {
          leave();
          facts.failed(error);
        },
      });
      return {
        read: () => {
          leave();
          intake.read();
        },
        pause: () => {
          this.#held.add(make);
          intake.pause();
        },
        close: (done) => {
          leave();
          intake.close(done);
        },
      };
    };
  }

  /** Calls `still` once it was still for `forMs`. */
  await(forMs: number, still: () => void): void {
    const before = this.#movedCount;
    if (forMs === Infinity) return;
    this.#timer = this.#clock.after(forMs, () => {
      if (this.#movedCount === before && this.#held.size === 0) still();
      else this.await(forMs, still);
    });
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
  }
}
