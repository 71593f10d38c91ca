/**
 * The life of a connection, as a table: opening; then reading × sending; then leaving; then over.
 *
 * The two directions move separately, so the table is given by direction; the cells of the product
 * follow. The picture in docs/states.md is drawn from here, and a test walks every cell.
 */

/**
 * `ending`: the peer has ended, unread bytes come first. `discarding`: we close, and read on only
 * to be polite.
 */
export type Reading = "open" | "ending" | "ended" | "discarding";

/** `held`: an end is asked, a producer holds it. `ending`: asked of the wire, not yet confirmed. */
export type Sending = "open" | "held" | "draining" | "ending" | "ended";

/** `leaving`: `close` or `abort` was asked of the wire; only its `over` is awaited. */
export type Phase = "opening" | "live" | "leaving" | "over";

export type LifeEvent =
  | "opened"
  | "lose"
  | "loseWrite"
  | "hold"
  | "release"
  | "drained"
  | "peerEnded"
  | "emptied"
  | "sendingEnded"
  | "switched"
  | "leave"
  | "over";

type Moves<State extends string> = { readonly [E in LifeEvent]?: State };

/** What each event makes of a direction while live; an event that is absent leaves it as it is. */
export const READING: { readonly [R in Reading]: Moves<Reading> } = {
  open: { lose: "discarding", peerEnded: "ending" },
  ending: { lose: "ended", emptied: "ended" },
  ended: { switched: "ending" },
  discarding: { peerEnded: "ended" },
};

export const SENDING: { readonly [S in Sending]: Moves<Sending> } = {
  open: { lose: "held", loseWrite: "held", sendingEnded: "ended" },
  held: { release: "draining", sendingEnded: "ended" },
  draining: { hold: "held", drained: "ending", sendingEnded: "ended" },
  ending: { sendingEnded: "ended" },
  ended: {},
};

/** Events that only some states of a direction can meet; anywhere else they are unreachable. */
const ONLY_READING: { readonly [E in LifeEvent]?: readonly Reading[] } = {
  peerEnded: ["open", "discarding"],
  emptied: ["ending"],
  switched: ["open", "ending", "ended"],
};

const ONLY_SENDING: { readonly [E in LifeEvent]?: readonly Sending[] } = {
  hold: ["draining"],
  release: ["held"],
  drained: ["draining"],
  sendingEnded: ["open", "held", "draining", "ending"],
};

/** Outside the product: which events each phase can meet, and the phase that follows. */
export const PHASES: { readonly [P in Phase]: { readonly [E in LifeEvent]?: Phase } } = {
  opening: { opened: "live", leave: "leaving", over: "over" },
  live: { leave: "leaving", over: "over" },
  leaving: {
    lose: "leaving",
    loseWrite: "leaving",
    peerEnded: "leaving",
    sendingEnded: "leaving",
    over: "over",
  },
  over: { lose: "over", loseWrite: "over" },
};

/** One cell of the table, and where each event leads from it; found when it is first met. */
class Cell {
  readonly phase: Phase;
  readonly reading: Reading;
  readonly sending: Sending;
  readonly #next = new Map<LifeEvent, Cell | null>();

  constructor(phase: Phase, reading: Reading, sending: Sending) {
    this.phase = phase;
    this.reading = reading;
    this.sending = sending;
  }

  /** `null` where the table says that it cannot happen. */
  after(event: LifeEvent): Cell | null {
    const known = this.#next.get(event);
    if (known !== undefined) return known;
    const found = this.#find(event);
    this.#next.set(event, found);
    return found;
  }

  #find(event: LifeEvent): Cell | null {
    const { phase, reading, sending } = this;
    const nextPhase = PHASES[phase][event];
    if (nextPhase !== undefined) return cellOf(nextPhase, reading, sending);
    if (phase !== "live" || event === "opened") return null;
    if (ONLY_READING[event]?.includes(reading) === false) return null;
    if (ONLY_SENDING[event]?.includes(sending) === false) return null;
    return cellOf(phase, READING[reading][event] ?? reading, SENDING[sending][event] ?? sending);
  }
}

const cells = new Map<string, Cell>();

function cellOf(phase: Phase, reading: Reading, sending: Sending): Cell {
  const name = `${phase} ${reading} ${sending}`;
  const known = cells.get(name);
  if (known !== undefined) return known;
  const made = new Cell(phase, reading, sending);
  cells.set(name, made);
  return made;
}

const BEGINNING = cellOf("opening", "open", "open");

/** Where one connection stands in the table. */
export class Life {
  #cell: Cell = BEGINNING;

  /** A life that stands where it is said. */
  static at(phase: Phase, reading: Reading, sending: Sending): Life {
    const life = new Life();
    life.#cell = cellOf(phase, reading, sending);
    return life;
  }

  get phase(): Phase {
    return this.#cell.phase;
  }

  get reading(): Reading {
    return this.#cell.reading;
  }

  get sending(): Sending {
    return this.#cell.sending;
  }

  /** Moves by `event`; false, and nothing moves, where the table says that it cannot happen. */
  step(event: LifeEvent): boolean {
    const next = this.#cell.after(event);
    if (next !== null) this.#cell = next;
    return next !== null;
  }
}
