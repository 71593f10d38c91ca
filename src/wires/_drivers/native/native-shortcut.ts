import type { Shortcut, ShortcutFacts } from "../../../flow/index.ts";
import type { Reactor } from "./reactor.ts";

/** What the reactor carries from one slot to another, until the second one is let go. */
export class NativeShortcut implements Shortcut {
  readonly facts: ShortcutFacts;
  readonly #reactor: Reactor;
  readonly #from: number;
  readonly #to: number;
  /** Until then the counts in the table are those of who had the slot before. */
  #hasOpened = false;
  #isLetGo = false;
  /** What was read and written when it was taken last. */
  #read = 0;
  #written = 0;
  /** What there was of both when the slot was let go. */
  #lastRead = 0;
  #lastWritten = 0;

  constructor(reactor: Reactor, from: number, to: number, facts: ShortcutFacts) {
    this.#reactor = reactor;
    this.#from = from;
    this.#to = to;
    this.facts = facts;
  }

  open(holdsMax: number): boolean {
    if (this.#isLetGo) return false;
    const most = Math.min(holdsMax, HOLDS_MAX);
    const isOpen = this.#reactor.addon.carry(this.#from, this.#to, most) === 0;
    this.#hasOpened ||= isOpen;
    return isOpen;
  }

  close(): void {
    if (this.#hasOpened && !this.#isLetGo) this.#reactor.addon.stopCarrying(this.#to);
  }

  takeRead(): number {
    const now = this.#isLetGo ? this.#lastRead : this.#carried(0);
    const taken = now - this.#read;
    this.#read = now;
    return taken;
  }

  takeSent(): number {
    const now = this.#isLetGo ? this.#lastWritten : this.#carried(1);
    const taken = now - this.#written;
    this.#written = now;
    return taken;
  }

  /** The slot may be another's from here on. */
  letGo(): void {
    this.#lastRead = this.#carried(0);
    this.#lastWritten = this.#carried(1);
    this.#isLetGo = true;
  }

  #carried(field: 0 | 1): number {
    if (!this.#hasOpened) return 0;
    return this.#reactor.carriedBytes[2 * this.#to + field] as number;
  }
}

/** More than this does not fit in a pipe of the system's. */
const HOLDS_MAX = 1024 * 1024;
