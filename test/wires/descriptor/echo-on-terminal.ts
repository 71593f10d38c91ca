import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Reactor } from "../../../src/wires/_drivers/native/reactor.ts";
import { reactor } from "../../../src/wires/_drivers/native/reactor.ts";
import { TRAIT } from "../../../src/wires/_drivers/native/slot-traits.ts";
import { signalOf } from "../../../src/wires/_drivers/signals.ts";

/** `cat` on a raw terminal, whose master is a plain descriptor of this process. */
export class EchoOnTerminal implements Disposable {
  readonly master: number;
  /** Which signal ended it. */
  readonly signal: Promise<string>;
  #hasEnded = false;
  readonly #pid: number;

  constructor() {
    const here: Reactor = reactor();
    const cat = ["/bin/cat", "/usr/bin/cat"];
    const told = here.addon.startOnTerminal(cat, ["cat"], [], undefined, 80, 24, true);
    const [master, watch, pid] = told;
    assert.ok(pid !== undefined, "cat runs");
    this.master = master;
    this.#pid = pid;
    const slot = here.addon.adopt(watch, TRAIT.process);
    this.signal = new Promise((resolve) => {
      const exited = (): void => {
        this.#hasEnded = true;
        const status = here.addon.reap(slot);
        here.close(slot);
        resolve(typeof status === "number" ? `errno ${status}` : signalOf(status[1]));
      };
      here.hold(slot, { exited });
      here.resume(slot);
    });
  }

  /** Which of the system's terminals the descriptor is the master of. */
  get index(): string {
    const info = readFileSync(`/proc/self/fdinfo/${this.master}`, "utf8");
    return /^tty-index:\s*(\d+)$/m.exec(info)?.[1] ?? assert.fail(info);
  }

  [Symbol.dispose](): void {
    if (!this.#hasEnded) process.kill(this.#pid, "SIGKILL");
  }
}
