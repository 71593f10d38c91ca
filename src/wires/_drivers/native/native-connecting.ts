import type { Reactor } from "./reactor.ts";
import type { SlotHolder } from "./slot-holder.ts";
import { systemError } from "./system-error.ts";

/** A socket on its way: holds the slot until it is connected. */
export class NativeConnecting implements SlotHolder {
  readonly #told: (errno: number) => void;

  private constructor(told: (errno: number) => void) {
    this.#told = told;
  }

  /**
   * Resolves to the connected slot, paused.
   *
   * @param begun the slot, or -errno.
   * @throws the system's error. @throws the signal's reason.
   */
  static finish(
    reactor: Reactor,
    begun: number,
    target: string,
    signal: AbortSignal,
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      if (begun < 0) {
        signal.throwIfAborted();
        throw systemError(-begun, "connect", target);
      }
      const cancel = (): void => {
        reactor.close(begun);
        reject(signal.reason);
      };
      const connecting = new NativeConnecting((errno) => {
        signal.removeEventListener("abort", cancel);
        if (errno === 0) {
          resolve(begun);
        } else {
          reactor.close(begun);
          reject(systemError(errno, "connect", target));
        }
      });
      reactor.hold(begun, connecting);
      signal.addEventListener("abort", cancel, { once: true });
      if (signal.aborted) cancel();
    });
  }

  connected(errno: number): void {
    this.#told(errno);
  }

  failed(errno: number): void {
    this.#told(errno);
  }
}
