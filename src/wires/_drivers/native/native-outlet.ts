import type { Bytes } from "../../../contract/index.ts";
import { systemRuntime } from "../../../flow/index.ts";
import type { Outlet, OutletFacts } from "../duct.ts";
import { errnoOf } from "../errno.ts";
import type { SlotEnd } from "./native-intake.ts";
import type { Reactor } from "./reactor.ts";
import type { SlotHolder } from "./slot-holder.ts";
import { SlotOutlet } from "./slot-outlet.ts";
import { systemError } from "./system-error.ts";

/**
 * How whoever reads is to see our end: the descriptor is closed; a socket is shut; or not at all,
 * since others write there as well.
 */
export type Ending = "close" | "shutdown" | "leave";

/**
 * The writing end of a pipe, a socket or a terminal, in a slot that nothing else holds. A reader
 * that has gone is an end, not a failure, and is noticed with nothing to write.
 */
export class NativeOutlet implements Outlet, SlotHolder {
  readonly #here: Reactor;
  readonly #end: SlotEnd;
  readonly #facts: OutletFacts;
  readonly #ending: Ending;
  readonly #sending: SlotOutlet;
  #leftBytes = 0;
  #isEnding = false;
  #isSilent = false;
  #isClosed = false;

  constructor(here: Reactor, end: SlotEnd, facts: OutletFacts, ending: Ending) {
    this.#here = here;
    this.#end = end;
    this.#facts = facts;
    this.#ending = ending;
    this.#sending = new SlotOutlet(here, end.slot, this, {
      sent: (byteCount) => this.#sent(byteCount),
      failed: (errno) => this.#failed(systemError(errno, "write")),
    });
    here.hold(end.slot, this);
  }

  send(chunks: readonly Bytes[]): void {
    if (this.#isSilent) return;
    this.#leftBytes = 0;
    for (const { byteLength } of chunks) this.#leftBytes += byteLength;
    this.#keepProcess(true);
    this.#sending.send(chunks);
  }

  end(): void {
    if (this.#isSilent || this.#isEnding) return;
    this.#isEnding = true;
    if (this.#ending === "shutdown") {
      this.#here.end(this.#end.slot, this);
      return;
    }
    if (this.#ending === "close") this.#letGo();
    systemRuntime().turn.later(() => this.#ended());
  }

  close(done: () => void): void {
    this.#isSilent = true;
    this.#letGo();
    systemRuntime().turn.later(done);
  }

  writable(): void {
    this.#sending.writable();
  }

  ran(result: number): void {
    if (!this.#isEnding) this.#sending.ran(result);
    else this.#ended();
  }

  gone(): void {
    this.#ended();
  }

  #sent(byteCount: number): void {
    if (this.#isSilent) return;
    this.#leftBytes -= byteCount;
    if (this.#leftBytes === 0) this.#keepProcess(false);
    this.#facts.sent(byteCount);
  }

  #ended(): void {
    if (this.#isSilent) return;
    this.#isSilent = true;
    this.#letGo();
    this.#facts.ended();
  }

  #failed(error: Error): void {
    if (this.#isSilent) return;
    this.#isSilent = true;
    this.#letGo();
    if (GONE.has(errnoOf(error))) this.#facts.ended();
    else this.#facts.failed(error);
  }

  #keepProcess(keeps: boolean): void {
    if (!this.#isClosed) this.#here.addon.keepProcess(this.#end.slot, keeps);
  }

  #letGo(): void {
    this.#sending.stop();
    if (!this.#isClosed) this.#here.close(this.#end.slot);
    this.#isClosed = true;
  }
}

/** EIO: of a terminal that was hung up. */
const GONE: ReadonlySet<string> = new Set(["EPIPE", "ECONNRESET", "EIO"]);
