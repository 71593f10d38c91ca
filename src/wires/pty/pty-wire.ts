import type { Bytes, CloseCause, ProcessAddress, ProcessStatus } from "../../contract/index.ts";
import type { Facts } from "../../flow/index.ts";
import { systemRuntime, threw } from "../../flow/index.ts";
import { causeOfLoss, errnoOf } from "../_drivers/errno.ts";
import { exited } from "../_drivers/exit-causes.ts";
import type { Reactor } from "../_drivers/native/reactor.ts";
import type { SlotHolder } from "../_drivers/native/slot-holder.ts";
import { SlotOutlet } from "../_drivers/native/slot-outlet.ts";
import { systemError } from "../_drivers/native/system-error.ts";
import type { OpenableWire } from "../_drivers/open-wire.ts";
import type { ProcessSeat } from "../_drivers/process-seat.ts";
import { signalOf } from "../_drivers/signals.ts";
import type { Running } from "./start-program.ts";
import { TypedEnd } from "./typed-end.ts";

export interface PtyWireOptions {
  readonly here: Reactor;
  readonly running: Running;
  readonly host: ProcessAddress;
  readonly peer: ProcessAddress;
  readonly seat: ProcessSeat;
  readonly hangUpGraceMs: number;
  /** Whether the end of our direction is typed. */
  readonly typesEnd: boolean;
}

/**
 * A process on a terminal as a wire: over when it has exited and its terminal has given everything.
 * Neither end is told before, since it may still fail.
 */
export class PtyWire implements OpenableWire, SlotHolder {
  readonly host: ProcessAddress;
  readonly peer: ProcessAddress;
  readonly #facts: Facts;
  readonly #options: PtyWireOptions;
  readonly #outlet: SlotOutlet;
  #status: ProcessStatus | null = null;
  #hasOutputEnded = false;
  #hasInputEnded = false;
  #isHungUp = false;
  /** Why it is over, if that was our doing; told when the process has exited. */
  #cause: CloseCause | undefined;
  #isOver = false;
  #grace: Disposable | null = null;
  #typedEnd: TypedEnd | null = null;

  constructor(facts: Facts, options: PtyWireOptions) {
    const { here, running, seat } = options;
    this.host = options.host;
    this.peer = options.peer;
    this.#facts = facts;
    this.#options = options;
    this.#outlet = new SlotOutlet(here, running.master, this, {
      sent: (byteCount) => {
        // What ends input was not given to us to send.
        if (!this.#hasInputEnded) facts.sent(byteCount);
      },
      // Nobody has the terminal open any more.
      failed: () => this.#inputFailed(),
    });
    here.hold(running.master, this);
    here.hold(running.watch, { exited: () => this.#exited() });
    here.resume(running.watch);
    seat.fail = (thrown) => this.#kill(threw(thrown));
  }

  open(): void {
    this.#facts.opened();
  }

  get pid(): number | null {
    return this.#status === null ? this.#options.running.pid : null;
  }

  signal(signal: string | number): boolean {
    const name = signalOf(signal);
    return this.#status === null && this.#sendSignal(name);
  }

  /** False when it is gone, or has become another user's. */
  #sendSignal(name: NodeJS.Signals): boolean {
    try {
      return process.kill(this.#options.running.pid, name);
    } catch (error) {
      const code = error instanceof Error ? errnoOf(error) : undefined;
      if (code === "ESRCH" || code === "EPERM") return false;
      throw error;
    }
  }

  /** False when it has gone. */
  resize(columns: number, rows: number): boolean {
    const { here, running } = this.#options;
    return !this.#isHungUp && here.addon.resizeTerminal(running.master, columns, rows) === 0;
  }

  send(chunks: readonly Bytes[]): void {
    // Somebody else may have the slot of one that hung up.
    if (!this.#hasInputEnded && !this.#isHungUp) this.#outlet.send(chunks);
  }

  /** A terminal has no end of its own: what was typed is there. A close comes at once, or never. */
  endSending(): void {
    systemRuntime().turn.later(() => {
      this.#inputEnded();
      if (!this.#options.typesEnd || this.#isHungUp || this.#isOver) return;
      this.#typedEnd ??= new TypedEnd(this.#outlet, systemRuntime().clock);
    });
  }

  pauseReading(): void {
    const { here, running } = this.#options;
    if (!this.#isHungUp && !this.#hasOutputEnded) here.pause(running.master);
  }

  resumeReading(): void {
    const { here, running } = this.#options;
    if (!this.#isHungUp && !this.#hasOutputEnded) here.resume(running.master);
  }

  close(): void {
    this.#leave();
  }

  abort(): void {
    this.#kill({ kind: "aborted", by: "us", signal: "SIGKILL" });
  }

  received(chunk: Bytes): void {
    this.#facts.received(chunk);
  }

  ended(): void {
    this.#hasOutputEnded = true;
    this.#endIfDone();
  }

  failed(errno: number): void {
    this.#kill(causeOfLoss(systemError(errno, "read"), this.peer));
  }

  writable(): void {
    this.#outlet.writable();
  }

  ran(result: number): void {
    this.#outlet.ran(result);
  }

  #inputEnded(): void {
    if (this.#hasInputEnded || this.#isHungUp || this.#isOver) return;
    this.#hasInputEnded = true;
    this.#outlet.stop();
    this.#facts.sendingEnded();
  }

  #inputFailed(): void {
    this.#typedEnd?.stop();
    this.#inputEnded();
  }

  #exited(): void {
    const { here, running, seat } = this.#options;
    const told = here.addon.reap(running.watch);
    here.close(running.watch);
    const [exitCode, number] = typeof told === "number" ? [null, null] : told;
    const signal = number === null || number === 0 ? null : signalOf(number);
    const status: ProcessStatus = { exitCode: signal === null ? exitCode : null, signal };
    this.#status = status;
    seat.status = status;
    seat.tell((protocol) => protocol.processExited?.(status));
    this.#endIfDone();
  }

  /** What it printed is in the terminal until it was read, long after it has exited. */
  #endIfDone(): void {
    if (this.#status === null || (!this.#hasOutputEnded && !this.#isHungUp)) return;
    const wasHungUp = this.#isHungUp;
    this.#hangUp();
    systemRuntime().turn.later(() => this.#tellEnd(wasHungUp));
  }

  #tellEnd(wasHungUp: boolean): void {
    if (this.#isOver || this.#status === null) return;
    this.#isOver = true;
    this.#grace?.[Symbol.dispose]();
    const endedByUs = wasHungUp && this.#status.signal === "SIGHUP";
    const cause = this.#cause ?? (endedByUs ? undefined : exited(this.#status, this.peer));
    if (cause === undefined && !this.#hasInputEnded && !wasHungUp) this.#facts.sendingEnded();
    this.#facts.over(cause);
  }

  #kill(cause: CloseCause): void {
    if (this.#isOver || this.#cause !== undefined) return;
    const isKilled = this.#status === null && this.#sendSignal("SIGKILL");
    const { signal: _, ...rest } = cause;
    this.#leave(isKilled || cause.signal === undefined ? cause : rest);
  }

  /** Hangs up; what is left is the exit. */
  #leave(cause?: CloseCause): void {
    this.#cause = cause;
    this.#hangUp();
    const { hangUpGraceMs } = this.#options;
    if (this.#status !== null) {
      systemRuntime().turn.later(() => this.#tellEnd(true));
    } else if (hangUpGraceMs < Infinity) {
      this.#grace = systemRuntime().clock.after(hangUpGraceMs, () => this.#leaveToItself());
    }
  }

  /** It is reaped when it exits, if this process is still there. */
  #leaveToItself(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { here, running } = this.#options;
    here.addon.keepProcess(running.watch, false);
    this.#facts.over(this.#cause);
  }

  #hangUp(): void {
    if (this.#isHungUp) return;
    this.#isHungUp = true;
    this.#typedEnd?.stop();
    this.#outlet.stop();
    this.#options.here.close(this.#options.running.master);
  }
}
