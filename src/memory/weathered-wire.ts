import type { Address, Bytes, CloseCause } from "../contract/index.ts";
import type { Facts, Wire } from "../flow/index.ts";
import type { Carrier } from "./lane.ts";
import { fingerprint } from "./trace.ts";

export interface WeatheredFactsOptions {
  readonly facts: Facts;
  /** Told each fact, in words. */
  readonly note: (what: string) => void;
  /** Told when the wire is over. */
  readonly over: () => void;
  /** When to tell of what was sent. */
  readonly reportLater: Carrier;
  /** How much of so many sent bytes to tell at a time. */
  readonly piece: (byteCount: number) => number;
}

/** Passes facts on and notes them; what was sent it tells later, perhaps bit by bit. */
export class WeatheredFacts implements Facts {
  readonly #options: WeatheredFactsOptions;
  #owed = 0;
  #isReportDue = false;

  constructor(options: WeatheredFactsOptions) {
    this.#options = options;
  }

  opened(): void {
    this.#options.facts.opened();
  }

  received(chunk: Bytes): void {
    this.#options.note(`received ${chunk.byteLength} ${fingerprint([chunk])}`);
    this.#options.facts.received(chunk);
  }

  sent(byteCount: number): void {
    this.#owed += byteCount;
    if (this.#isReportDue) return;
    this.#isReportDue = true;
    this.#options.reportLater(this.#report);
  }

  peerEnded(): void {
    this.#options.note("peer ended");
    this.#options.facts.peerEnded();
  }

  sendingEnded(): void {
    this.#tell(this.#owed);
    this.#options.note("sending ended");
    this.#options.facts.sendingEnded();
  }

  over(cause?: CloseCause): void {
    this.#tell(this.#owed);
    this.#options.note(`over ${cause?.code ?? "in order"}`);
    this.#options.over();
    this.#options.facts.over(cause);
  }

  readonly #report = (): void => {
    this.#isReportDue = false;
    if (this.#owed === 0) return;
    this.#tell(this.#options.piece(this.#owed));
    if (this.#owed > 0 && !this.#isReportDue) {
      this.#isReportDue = true;
      this.#options.reportLater(this.#report);
    }
  };

  /** Tells of so many sent bytes. Off the account first: the next send may come from inside. */
  #tell(byteCount: number): void {
    if (byteCount === 0) return;
    this.#owed -= byteCount;
    this.#options.note(`sent ${byteCount}`);
    this.#options.facts.sent(byteCount);
  }
}

/** Passes verbs on and notes them. */
export class WeatheredWire implements Wire {
  readonly #wire: Wire;
  readonly #note: (what: string) => void;

  constructor(wire: Wire, note: (what: string) => void) {
    this.#wire = wire;
    this.#note = note;
  }

  get host(): Address {
    return this.#wire.host;
  }

  get peer(): Address {
    return this.#wire.peer;
  }

  send(chunks: readonly Bytes[]): void {
    const byteCount = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.#note(`send ${byteCount} ${fingerprint(chunks)}`);
    this.#wire.send(chunks);
  }

  endSending(): void {
    this.#note("end sending");
    this.#wire.endSending();
  }

  pauseReading(): void {
    this.#note("pause reading");
    this.#wire.pauseReading();
  }

  resumeReading(): void {
    this.#note("resume reading");
    this.#wire.resumeReading();
  }

  close(): void {
    this.#note("close");
    this.#wire.close();
  }

  abort(): void {
    this.#note("abort");
    this.#wire.abort();
  }
}
