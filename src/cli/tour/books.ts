import type { CloseReason, Transport } from "../../contract/index.ts";
import { observe } from "../../flow/index.ts";

/** What one wire has carried. */
export interface WireAccount {
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Bytes that no ledger explains, and bytes that one end sent and the other never had. */
  readonly unaccounted: number;
  /** Ends of connections in this process, and how many of them were told why it is over. */
  readonly ends: number;
  readonly closes: number;
  /** How they ended, and how many so: `done/us`. */
  readonly reasons: ReadonlyMap<string, number>;
}

/** A connection in the books: both its ends, where both are in this process. */
export interface Entry {
  /** Notes one end, from now until it is over. */
  watch(transport: Transport): void;
  /** Notes one end that is over. */
  note(reason: CloseReason): void;
  /** What the other end says of itself, where that is in another process. */
  other(account: { readonly sent: number; readonly received: number }): void;
}

const LOOK_EVERY_MS = 10;

/** Every connection of the tour, wire by wire. */
export class Books {
  readonly #pages: Map<string, Page[]> = new Map();

  /** @param isWhole whether both ends will be known, so that one can be held against the other. */
  open(wire: string, isWhole: boolean): Entry {
    const page = new Page(isWhole);
    const pages = this.#pages.get(wire) ?? [];
    pages.push(page);
    this.#pages.set(wire, pages);
    return page;
  }

  /** Resolves when every end is over, or after `patienceMs`. */
  async settled(patienceMs: number): Promise<void> {
    const deadlineMs = performance.now() + patienceMs;
    while (this.total.closes < this.total.ends && performance.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  of(wire: string): WireAccount {
    return added((this.#pages.get(wire) ?? []).map((page) => page.account));
  }

  get total(): WireAccount {
    return added([...this.#pages.keys()].map((wire) => this.of(wire)));
  }
}

class Page implements Entry {
  readonly #isWhole: boolean;
  readonly #reasons: CloseReason[] = [];
  #ends = 0;
  #other: { readonly sent: number; readonly received: number } | null = null;

  constructor(isWhole: boolean) {
    this.#isWhole = isWhole;
  }

  watch(transport: Transport): void {
    this.#ends += 1;
    observe(transport, { ended: (reason) => void this.#reasons.push(reason) });
  }

  note(reason: CloseReason): void {
    this.#ends += 1;
    this.#reasons.push(reason);
  }

  other(account: { readonly sent: number; readonly received: number }): void {
    this.#other = account;
  }

  get account(): WireAccount {
    const reasons = new Map<string, number>();
    const elsewhere = this.#reasons.length === 1 ? this.#other : null;
    let bytesIn = elsewhere?.received ?? 0;
    let bytesOut = elsewhere?.sent ?? 0;
    let unaccounted = this.#between();
    for (const { by, kind, ledger } of this.#reasons) {
      const words = `${kind}/${by}`;
      reasons.set(words, (reasons.get(words) ?? 0) + 1);
      bytesIn += ledger.received;
      bytesOut += ledger.sent;
      unaccounted += Math.abs(ledger.accepted - ledger.sent - ledger.unsent - ledger.dropped);
      unaccounted += Math.abs(ledger.received - ledger.delivered - ledger.undelivered);
    }
    const { length: closes } = this.#reasons;
    return { bytesIn, bytesOut, unaccounted, ends: this.#ends, closes, reasons };
  }

  /** What one end sent and the other did not get. */
  #between(): number {
    if (!this.#isWhole) return 0;
    const [near, far] = this.#reasons.map(({ ledger }) => ledger);
    const other = far ?? this.#other;
    if (near === undefined) return 0;
    if (other === null) return near.sent;
    return Math.abs(near.sent - other.received) + Math.abs(near.received - other.sent);
  }
}

function added(accounts: readonly WireAccount[]): WireAccount {
  const reasons = new Map<string, number>();
  for (const account of accounts) {
    for (const [words, count] of account.reasons)
      reasons.set(words, (reasons.get(words) ?? 0) + count);
  }
  const sum = (of: (account: WireAccount) => number): number =>
    accounts.reduce((total, account) => total + of(account), 0);
  return {
    bytesIn: sum(({ bytesIn }) => bytesIn),
    bytesOut: sum(({ bytesOut }) => bytesOut),
    unaccounted: sum(({ unaccounted }) => unaccounted),
    ends: sum(({ ends }) => ends),
    closes: sum(({ closes }) => closes),
    reasons,
  };
}
