import type { ChildProcess } from "node:child_process";
import type {
  Bytes,
  CloseCause,
  DriverName,
  Limits,
  OnError,
  ProcessAddress,
  ProcessStatus,
  Transport,
} from "../../contract/index.ts";
import type { Facts, Wire } from "../../flow/index.ts";
import { systemRuntime, threw } from "../../flow/index.ts";
import { causeOfLoss } from "../_drivers/errno.ts";
import { descendantHolds, exited } from "../_drivers/exit-causes.ts";
import type { ProcessSeat } from "../_drivers/process-seat.ts";
import { signalOf } from "../_drivers/signals.ts";
import type { ChildFds } from "./child-fds.ts";
import type { ChildPipes } from "./child-pipes.ts";
import { ChildStreams } from "./child-streams.ts";
import { Stillness } from "./stillness.ts";

export interface ProcessWireOptions {
  readonly host: ProcessAddress;
  readonly peer: ProcessAddress;
  readonly child: ChildProcess;
  readonly pipes: ChildPipes;
  readonly fds: ChildFds;
  readonly seat: ProcessSeat;
  readonly descendantGraceMs: number;
  readonly limits: Limits;
  readonly onError: OnError;
}

/**
 * A child process as a wire. Of our end and the child's, the one that comes second is told together
 * with the process's own: a connection to a process has not ended in order while it may still fail.
 */
export class ProcessWire implements Wire {
  readonly host: ProcessAddress;
  readonly peer: ProcessAddress;
  readonly fds: ChildFds;
  readonly #child: ChildProcess;
  readonly #facts: Facts;
  readonly #options: ProcessWireOptions;
  readonly #streams: ChildStreams;
  readonly #stillness: Stillness = new Stillness(systemRuntime().clock);
  /** Descriptors that have not ended. */
  #openCount: number;
  #status: ProcessStatus | null = null;
  #hasInputEnded = false;
  #hasOutputEnded = false;
  #firstTold: "input" | "output" | null = null;
  #isKilled = false;
  #isLeaving = false;

  constructor(facts: Facts, options: ProcessWireOptions) {
    const { child, fds, host, peer } = options;
    this.host = host;
    this.peer = peer;
    this.fds = fds;
    this.#child = child;
    this.#facts = facts;
    this.#options = options;
    this.#streams = new ChildStreams(
      { ...options, stillness: this.#stillness },
      {
        output: {
          received: (chunk) => {
            if (!this.#isLeaving) facts.received(chunk);
          },
          ended: this.#outputEnded,
          failed: this.#failed,
        },
        input: {
          sent: (byteCount) => {
            if (!this.#isLeaving) facts.sent(byteCount);
          },
          ended: this.#inputEnded,
          failed: this.#failed,
        },
        sideEnded: this.#oneEnded,
      },
    );
    this.#openCount = this.#streams.count;
    options.seat.fail = (thrown) => this.#kill(threw(thrown));
    child.on("exit", this.#exited);
  }

  /** Reports that the process is there. Once, when flow has this wire. */
  open(): void {
    this.#streams.openSides();
    this.#facts.opened();
    if (this.#streams.outlet === null) setImmediate(this.#inputEnded);
    if (this.#streams.intake === null) setImmediate(this.#outputEnded);
  }

  /** The transports of the descriptors beyond standard input and output. */
  get sides(): ReadonlyMap<number, Transport> {
    return this.#streams.sides;
  }

  get driver(): DriverName {
    return this.#options.pipes.driver;
  }

  get pid(): number | null {
    return this.#status === null ? (this.peer.pid ?? null) : null;
  }

  signal(signal: string | number): boolean {
    const name = signalOf(signal);
    return this.#status === null && this.#child.kill(name);
  }

  /** Reads no more of standard output; the child meets a broken pipe: a reset if it is no pipe. */
  closeOutput(): void {
    this.#streams.intake?.close(this.#outputEnded);
  }

  discardSides(): void {
    this.#streams.discardSides();
  }

  send(chunks: readonly Bytes[]): void {
    if (!this.#hasInputEnded) this.#streams.outlet?.send(chunks);
  }

  endSending(): void {
    this.#streams.outlet?.end();
  }

  pauseReading(): void {
    this.#streams.intake?.pause();
  }

  resumeReading(): void {
    this.#streams.intake?.read();
  }

  /** The process is left to itself: it is reaped when it exits, and does not hold this one up. */
  close(): void {
    this.#child.unref();
    this.#leave();
  }

  abort(): void {
    this.#kill({ kind: "aborted", by: "us", signal: "SIGKILL" });
  }

  readonly #inputEnded = (): void => {
    if (this.#hasInputEnded) return;
    this.#hasInputEnded = true;
    if (!this.#isLeaving && this.#firstTold === null) {
      this.#firstTold = "input";
      this.#facts.sendingEnded();
    }
    if (this.#streams.outlet !== null) this.#oneEnded();
  };

  readonly #outputEnded = (): void => {
    if (this.#hasOutputEnded) return;
    this.#hasOutputEnded = true;
    if (!this.#isLeaving && this.#firstTold === null) {
      this.#firstTold = "output";
      this.#facts.peerEnded();
    }
    if (this.#streams.intake !== null) this.#oneEnded();
  };

  readonly #exited = (exitCode: number | null, signal: string | null): void => {
    const status = { exitCode, signal };
    this.#status = status;
    const { descendantGraceMs, seat } = this.#options;
    seat.status = status;
    seat.tell((protocol) => protocol.processExited?.(status));
    if (this.#isLeaving) return;
    if (this.#openCount > 0) this.#stillness.await(descendantGraceMs, this.#descendantStays);
    else this.#endLater();
  };

  readonly #oneEnded = (): void => {
    this.#openCount--;
    if (this.#openCount === 0 && this.#status !== null) this.#endLater();
  };

  /** Later, since the last descriptor may have ended inside a verb. */
  #endLater(): void {
    this.#stillness.stop();
    setImmediate(() => {
      if (this.#isLeaving || this.#status === null) return;
      this.#isLeaving = true;
      const cause = exited(this.#status, this.peer);
      if (cause === undefined && this.#firstTold !== "input") this.#facts.sendingEnded();
      this.#facts.over(cause);
    });
  }

  readonly #descendantStays = (): void => {
    const { descendantGraceMs } = this.#options;
    if (this.#status !== null) {
      this.#leave(descendantHolds(this.#status, this.peer, descendantGraceMs));
    }
  };

  readonly #failed = (error: Error): void => {
    this.#kill(causeOfLoss(error, this.peer));
  };

  #kill(cause: CloseCause): void {
    if (this.#isLeaving) return;
    this.#isKilled = this.#status === null;
    if (this.#isKilled && !this.#child.kill("SIGKILL")) {
      // Gone, or another user's: it is left to itself.
      this.#isKilled = false;
      this.#child.unref();
    }
    const { signal: _, ...rest } = cause;
    this.#leave(this.#isKilled || cause.signal === undefined ? cause : rest);
  }

  /** Lets go of every descriptor; a process that was killed is waited for. */
  #leave(cause?: CloseCause): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#stillness.stop();
    let waitingCount = this.#isKilled ? 2 : 1;
    const done = (): void => {
      waitingCount--;
      if (waitingCount === 0) this.#facts.over(cause);
    };
    if (this.#isKilled) this.#child.once("exit", () => setImmediate(done));
    this.#streams.close(done);
  }
}
