import type { Bytes } from "../../../contract/index.ts";
import { systemRuntime } from "../../../flow/index.ts";
import type { Intake, IntakeFacts } from "../duct.ts";
import type { Reactor } from "./reactor.ts";
import { keptApart, REST_BYTES } from "./rest.ts";
import type { SlotHolder } from "./slot-holder.ts";
import { systemError } from "./system-error.ts";

/** A slot, and the descriptor in it. */
export interface SlotEnd {
  readonly slot: number;
  readonly fd: number;
}

/** The reading end of a pipe, a socket or a terminal, in a slot that nothing else holds. */
export class NativeIntake implements Intake, SlotHolder {
  readonly #here: Reactor;
  readonly #end: SlotEnd;
  readonly #facts: IntakeFacts;
  #isReading = false;
  /** It is closed, or about to be: nothing is told any more. */
  #isSilent = false;

  constructor(here: Reactor, end: SlotEnd, facts: IntakeFacts) {
    this.#here = here;
    this.#end = end;
    this.#facts = facts;
    here.hold(end.slot, this);
  }

  read(): void {
    if (this.#isReading || this.#isSilent) return;
    this.#isReading = true;
    this.#here.resume(this.#end.slot);
    this.#here.addon.keepProcess(this.#end.slot, true);
  }

  pause(): void {
    if (!this.#isReading || this.#isSilent) return;
    this.#isReading = false;
    this.#here.pause(this.#end.slot);
    this.#here.addon.keepProcess(this.#end.slot, false);
  }

  unread(): number {
    return this.#isSilent ? 0 : Math.max(0, this.#here.addon.unread(this.#end.fd));
  }

  close(done: () => void): void {
    this.#letGo();
    systemRuntime().turn.later(done);
  }

  received(chunk: Bytes): void {
    if (!this.#isSilent) this.#facts.received(chunk);
  }

  ended(): void {
    if (this.#isSilent) return;
    this.#letGo();
    this.#facts.ended();
  }

  failed(errno: number): void {
    if (this.#isSilent) return;
    this.#readRest();
    if (this.#isSilent) return;
    this.#letGo();
    this.#facts.failed(systemError(errno, "read"));
  }

  /** A socket that failed unread may hold what came before. */
  #readRest(): void {
    for (;;) {
      const into = new Uint8Array(REST_BYTES);
      const got = this.#here.addon.readNow(this.#end.slot, into, NO_RIGHTS);
      if (got <= 0 || this.#isSilent) return;
      this.#facts.received(keptApart(into, got));
    }
  }

  #letGo(): void {
    if (!this.#isSilent) this.#here.close(this.#end.slot);
    this.#isSilent = true;
  }
}

/** None comes along here. */
const NO_RIGHTS = new Int32Array(1);
