import type {
  CloseReason,
  EndpointOptions,
  Limits,
  Protocol,
  Transport,
} from "../../contract/index.ts";
import { describeReason, isAbortable, isHalfCloseable } from "../../contract/index.ts";
import { Chat } from "../services/chat.ts";
import { messageOf } from "../wording.ts";
import type { Books, Entry } from "./books.ts";
import { Guest } from "./guest.ts";
import type { Member } from "./members/member.ts";
import type { Account, Heard } from "./members/speech.ts";
import { END_OF_INPUT, readAccount, readHeard } from "./members/speech.ts";
import { Overhearing } from "./overhearing.ts";

/** What happens in the room that was not arranged. */
export interface RoomEvents {
  /** A member is gone before it was asked to go. */
  memberLost(wire: string, name: string, reason: CloseReason): void;
  guestCame(wire: string, name: string): void;
  /** @param cut why we ended it, where we did. */
  guestLeft(wire: string, name: string, reason: CloseReason, cut: string | undefined): void;
}

/** How one member's last words and its end were. */
export interface Farewell {
  readonly account: Account | null;
  readonly reason: CloseReason | null;
}

/** Whom nobody knows: few at a time, and none may let what it does not read pile up here. */
const LIMITS: Partial<Limits> = {
  maxConnections: 8,
  handshakeTimeoutMs: 3000,
  writeHigh: 256 * 1024,
  writeLow: 64 * 1024,
  writeLimit: 2 * 1024 * 1024,
};
const GRACE_MS = 1500;
/** Of ten milliseconds. */
const CAME_WAITS = 500;
const FAREWELL_MS = 8000;

/** The one room behind all wires: lets everybody in, and knows its members from its guests. */
export class Room {
  readonly options: EndpointOptions = { limits: LIMITS, onError: () => {} };
  readonly #everybody = new Set<Chat>();
  readonly #books: Books;
  readonly #events: RoomEvents;
  readonly #seats: Map<string, Seat> = new Map();
  readonly #guests: Set<Transport> = new Set();
  #guestSerial = 0;
  #isClosing = false;

  constructor(books: Books, events: RoomEvents) {
    this.#books = books;
    this.#events = events;
  }

  /** Who is a member by `wire`, once there. */
  seat(wire: string): Seat | undefined {
    return this.#seats.get(wire);
  }

  /** The room's end of whoever comes by `wire`: the first one is its member, others are guests. */
  enter(wire: string, member: string): Protocol {
    return this.#seats.has(wire) ? this.#guest(wire) : this.#member(wire, member);
  }

  /** Notes a member that lives in this process, and waits until the room has let it in. */
  async came(wire: string, member: Member): Promise<void> {
    for (let waits = 0; waits < CAME_WAITS; waits++) {
      const seat = this.#seats.get(wire);
      if (seat !== undefined && seat.transport !== null) {
        seat.entry.watch(member.transport);
        return;
      }
      await soon();
    }
    throw new Error("the room did not see it come");
  }

  /**
   * Ends our direction to every member, and waits for what each says behind that end and for its
   * close; guests are closed.
   */
  async farewell(): Promise<ReadonlyMap<string, Farewell>> {
    this.#isClosing = true;
    for (const guest of this.#guests) guest.loseConnection();
    for (const seat of this.#seats.values()) seat.dismiss();
    await Promise.all([...this.#seats.values()].map((seat) => seat.gone(FAREWELL_MS)));
    await this.cut(GRACE_MS);
    return new Map(
      [...this.#seats].map(([wire, { account, reason }]) => [wire, { account, reason }]),
    );
  }

  /** Cuts everybody who is still here after `graceMs`. */
  async cut(graceMs: number): Promise<void> {
    this.#isClosing = true;
    const deadlineMs = performance.now() + graceMs;
    while (this.#guests.size > 0 && performance.now() < deadlineMs) await soon();
    for (const guest of this.#guests) cutNow(guest);
    for (const seat of this.#seats.values()) seat.cut();
    await Promise.all([...this.#seats.values()].map((seat) => seat.gone(GRACE_MS)));
  }

  #member(wire: string, name: string): Protocol {
    const chat = new Chat(name, this.#everybody);
    const entry = this.#books.open(wire, true);
    const seat = new Seat(entry, () => chat.connectionLost());
    this.#seats.set(wire, seat);
    return {
      connectionMade: (transport) => {
        entry.watch(transport);
        // What guests say must not cut a member: all of them together are let in at a slow rate.
        transport.setLimits({ writeLimit: Infinity });
        seat.transport = transport;
        chat.connectionMade(transport);
      },
      dataReceived: (data) => {
        seat.overhearing.take(data);
        chat.dataReceived(data);
      },
      connectionLost: (reason) => {
        seat.lost(reason);
        if (!this.#isClosing) this.#events.memberLost(wire, name, reason);
        chat.connectionLost();
      },
    };
  }

  #guest(wire: string): Protocol {
    this.#guestSerial += 1;
    const name = `guest-${this.#guestSerial}@${wire}`;
    const chat = new Chat(name, this.#everybody);
    const entry = this.#books.open(wire, false);
    let transport!: Transport;
    let fault: string | undefined;
    return new Guest(
      {
        connectionMade: (made) => {
          transport = made;
          this.#guests.add(made);
          entry.watch(made);
          this.#events.guestCame(wire, name);
          chat.connectionMade(made);
        },
        dataReceived: (data) => chat.dataReceived(data),
        connectionLost: (reason) => {
          this.#guests.delete(transport);
          const cut = reason.kind === "failed" ? describeReason(reason) : fault;
          this.#events.guestLeft(wire, name, reason, cut);
          chat.connectionLost();
        },
      },
      () => Math.max(1, this.#guests.size),
      (error) => {
        fault = messageOf(error);
        cutNow(transport);
      },
    );
  }
}

/** A member, as the room knows it: by what comes over its wire, and by nothing else. */
export class Seat {
  readonly overhearing: Overhearing = new Overhearing((text) => this.#said(text));
  transport: Transport | null = null;
  reason: CloseReason | null = null;
  account: Account | null = null;
  /** Where its connection is accounted for. */
  readonly entry: Entry;
  readonly #leave: () => void;
  #heard: ((heard: Heard) => void) | null = null;
  #tellGone!: () => void;
  readonly #isGone: Promise<void> = new Promise((resolve) => (this.#tellGone = resolve));

  /** @param leave nobody in the room writes to it any more. */
  constructor(entry: Entry, leave: () => void) {
    this.entry = entry;
    this.#leave = leave;
  }

  /** What it says that it has heard, next time; `null` when it is gone, or silent for too long. */
  async report(patienceMs: number): Promise<Heard | null> {
    const told = new Promise<Heard>((resolve) => (this.#heard = resolve));
    return Promise.race([told, this.gone(patienceMs).then(() => null)]);
  }

  dismiss(): void {
    const { transport } = this;
    if (transport === null || this.reason !== null) return;
    if (isHalfCloseable(transport)) {
      transport.loseWriteConnection();
      return;
    }
    // A close would drop what it still has to say, and to read: it is asked to close.
    this.#leave();
    transport.write(new TextEncoder().encode(`${END_OF_INPUT}\n`));
  }

  cut(): void {
    if (this.transport !== null && this.reason === null) cutNow(this.transport);
  }

  lost(reason: CloseReason): void {
    this.reason = reason;
    this.#tellGone();
  }

  /** Resolves when it is gone, or after `patienceMs`. */
  async gone(patienceMs: number): Promise<void> {
    if (this.transport === null) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
    });
    await Promise.race([this.#isGone, late]);
    clearTimeout(timer);
  }

  #said(text: string): void {
    const heard = readHeard(text);
    if (heard !== undefined) this.#heard?.(heard);
    const account = readAccount(text);
    if (account === undefined) return;
    this.account = account;
    // Its last line is what it says behind the count.
    const said = account.said + new TextEncoder().encode(text).byteLength + 1;
    this.entry.other({ received: account.received, sent: said });
  }
}

function cutNow(transport: Transport): void {
  if (isAbortable(transport)) transport.abortConnection();
  else transport.loseConnection();
}

function soon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}
