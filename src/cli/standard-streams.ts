import type { Bytes, CloseReason, Protocol, PushProducer, Transport } from "../contract/index.ts";
import { isAbortable, isHalfCloseable } from "../contract/index.ts";
import { hasWaitingInput } from "./waiting-input.ts";

export interface StandardStreamsEvents {
  /** The peer sends no more, while our input goes on. */
  peerEnded(): void;
  /** Something was read, and passed on. */
  typed(chunk: Uint8Array): void;
  /** It is over; input is still there. */
  over(): void;
  /** How long the peer may be silent after the end of input; then it is cut. */
  readonly ownEndIdleMs: number;
  /** Keys are passed on one by one: they are read even while the peer takes none. */
  readonly isRaw: boolean;
}

/**
 * Joins standard input and output to a connection, byte for byte and with back-pressure both ways.
 *
 * The end of input ends our direction; reading goes on until the peer's end. At a terminal the
 * peer's end closes, since nobody there would think of ^D; input that is piped is sent to its end.
 */
export class StandardStreams implements Protocol {
  readonly #events: StandardStreamsEvents;
  readonly #lost: Promise<CloseReason>;
  #settle!: (reason: CloseReason) => void;
  #transport: Transport | undefined;
  #hasInput = true;
  /** Runs from the end of input on. */
  #silence: NodeJS.Timeout | undefined;
  #sentBytes = 0;
  #wasSilent = false;
  /** Nothing can come for now: standard output takes no more. */
  #isHeld = false;
  #outputError: NodeJS.ErrnoException | undefined;
  #inputError: Error | undefined;
  /** The connection took no more while there may have been more to take. */
  #isInputRefused = false;
  #isInputLeft = false;

  constructor(events: StandardStreamsEvents) {
    this.#events = events;
    this.#lost = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** Settles when the connection is over and all that it gave has left through standard output. */
  get finished(): Promise<CloseReason> {
    return this.#lost.then(async (reason) => {
      await this.#flushOutput();
      return reason;
    });
  }

  /** The connection, once it is there. */
  get transport(): Transport | undefined {
    return this.#transport;
  }

  /** Whether it was cut because the peer said nothing after the end of input. */
  get wasSilent(): boolean {
    return this.#wasSilent;
  }

  /** What writing to standard output failed with; EPIPE when nobody reads it (`| head`). */
  get outputError(): NodeJS.ErrnoException | undefined {
    return this.#outputError;
  }

  /** What reading standard input failed with. */
  get inputError(): Error | undefined {
    return this.#inputError;
  }

  /** Whether the connection took nothing at all, and standard input had something for it. */
  get isInputLeft(): boolean {
    return this.#isInputLeft;
  }

  /** Takes no more input, and closes in order. */
  close(): void {
    this.#leaveInput();
    this.#transport?.loseConnection();
  }

  abort(): void {
    this.#leaveInput();
    if (this.#transport === undefined) return;
    if (isAbortable(this.#transport)) this.#transport.abortConnection();
    else this.#transport.loseConnection();
  }

  connectionMade(transport: Transport): void {
    this.#transport = transport;
    process.stdout.on("error", this.#outputFailed);
    transport.registerProducer(this.#input, true);
    process.stdin.on("data", this.#read);
    process.stdin.on("end", this.#inputEnded);
    process.stdin.on("error", this.#inputFailed);
  }

  dataReceived(data: Bytes): void {
    this.#silence?.refresh();
    if (this.#outputError !== undefined || process.stdout.write(data)) return;
    this.#transport?.pauseProducing();
    this.#isHeld = true;
    process.stdout.once("drain", () => {
      this.#isHeld = false;
      this.#transport?.resumeProducing();
    });
  }

  readConnectionLost(): void {
    if (process.stdin.isTTY === true) this.close();
    else if (this.#hasInput) this.#events.peerEnded();
  }

  writeConnectionLost(): void {
    this.#refuseInput();
  }

  connectionLost(reason: CloseReason): void {
    clearTimeout(this.#silence);
    this.#leaveInput();
    this.#events.over();
    void this.#endInput(reason).then(() => this.#settle(reason));
  }

  async #endInput({ ledger }: CloseReason): Promise<void> {
    if (this.#isInputRefused && ledger.accepted === 0)
      this.#isInputLeft = ledger.dropped > 0 || (await hasWaitingInput());
    process.stdin.destroy();
  }

  readonly #input: PushProducer = {
    pauseProducing: () => {
      if (!this.#events.isRaw) process.stdin.pause();
    },
    resumeProducing: () => void process.stdin.resume(),
    stopProducing: () => this.#refuseInput(),
  };

  readonly #read = (chunk: Buffer): void => {
    this.#transport?.write(chunk);
    this.#events.typed(chunk);
  };

  readonly #inputEnded = (): void => {
    const transport = this.#transport;
    this.#leaveInput();
    // A wire that cannot half-close goes on until its peer ends: closing would lose the reply.
    if (transport !== undefined && isHalfCloseable(transport)) transport.loseWriteConnection();
    this.#sentBytes = transport?.ledger.sent ?? 0;
    const { ownEndIdleMs } = this.#events;
    if (ownEndIdleMs !== Infinity) this.#silence = setTimeout(this.#silent, ownEndIdleMs);
  };

  /** Unless input is still on its way, or output is. */
  readonly #silent = (): void => {
    const { sent = 0 } = this.#transport?.ledger ?? {};
    if (this.#isHeld || sent > this.#sentBytes) {
      this.#sentBytes = sent;
      this.#silence?.refresh();
      return;
    }
    this.#wasSilent = true;
    this.abort();
  };

  readonly #inputFailed = (error: Error): void => {
    this.#inputError = error;
    this.abort();
  };

  readonly #outputFailed = (error: NodeJS.ErrnoException): void => {
    this.#outputError = error;
    this.abort();
  };

  /** By the connection: we did not leave it ourselves. */
  #refuseInput(): void {
    this.#isInputRefused ||= this.#hasInput;
    this.#leaveInput();
  }

  #leaveInput(): void {
    if (!this.#hasInput) return;
    this.#hasInput = false;
    process.stdin.off("data", this.#read);
    process.stdin.off("end", this.#inputEnded);
    process.stdin.pause();
    this.#transport?.unregisterProducer();
  }

  async #flushOutput(): Promise<void> {
    if (this.#outputError !== undefined) return;
    await new Promise<void>((resolve) => {
      process.stdout.once("error", () => resolve());
      process.stdout.write("", () => resolve());
    });
  }
}
