import type {
  Bytes,
  CloseReason,
  ProcessTransport,
  Protocol,
  PtyTransport,
  PushProducer,
  Transport,
} from "../contract/index.ts";
import { isAbortable, isHalfCloseable } from "../contract/index.ts";
import type { Side } from "./report.ts";

/** What an end tells the joint that holds it. */
export interface JointEvents {
  made(end: JointEnd): void;
  /** The end's peer sends no more, or takes no more. */
  halfOver(end: JointEnd): void;
  lost(end: JointEnd, reason: CloseReason): void;
}

/** Why reading is held. */
type Hold = "waiting" | "backPressure";

/**
 * One of the two protocols of a join: writes what it reads to the other end, and holds its reading
 * while the other end takes no more. What follows from an end or a loss is the joint's to decide.
 */
export class JointEnd implements Protocol {
  readonly side: Side;
  /** Set once the connection is there. */
  transport: Transport | undefined;
  /** Set once it is over. */
  reason: CloseReason | undefined;
  /** The peer has ended its direction, and all of it was passed on. */
  hasEnded = false;
  /** Nothing written here will be sent any more. */
  takesNoMore = false;
  #other: JointEnd | undefined;
  readonly #events: JointEvents;
  readonly #holds: Set<Hold> = new Set();
  /** Bytes that were this connection's before the join. */
  #earlierBytes = 0;
  #endAsked = false;

  constructor(side: Side, events: JointEvents) {
    this.side = side;
    this.#events = events;
  }

  /** Bytes of the other end that were handed to this wire. */
  get carriedBytes(): number {
    const sent = (this.reason?.ledger ?? this.transport?.ledger)?.sent ?? 0;
    return Math.max(0, sent - this.#earlierBytes);
  }

  /** Begins to carry what `other` reads. */
  feedFrom(other: JointEnd): void {
    other.#other = this;
    this.transport?.registerProducer(other.#producer, true);
  }

  /** Nothing is carried until this is called: reading waits for the other end. */
  go(): void {
    this.#release("waiting");
  }

  /** Passes the other end's end on. Answers whether this wire can. */
  endSending(): boolean {
    const { transport } = this;
    if (transport === undefined || !isHalfCloseable(transport)) return false;
    this.#endAsked = true;
    transport.unregisterProducer();
    transport.loseWriteConnection();
    return true;
  }

  /**
   * Nobody takes what this end reads: a child process is told so, as a pipe or a terminal would
   * tell it. Others are read on, and what comes is dropped and counted.
   */
  unheard(): void {
    if (!isProcess(this.transport)) return;
    if (isOnTerminal(this.transport)) this.close();
    else this.transport.closeChildFD(1);
  }

  /** Closes in order: what was written is sent. */
  close(): void {
    this.transport?.unregisterProducer();
    this.transport?.loseConnection();
  }

  /** Cuts it. Answers whether the peer can tell that from an end. */
  abort(): boolean {
    const { transport } = this;
    if (transport === undefined) return true;
    if (isAbortable(transport)) transport.abortConnection();
    else this.close();
    return transport.capabilities.has("abortVisible");
  }

  connectionMade(transport: Transport): void {
    this.transport = transport;
    const { sent, unsent } = transport.ledger;
    this.#earlierBytes = sent + unsent;
    this.#hold("waiting");
    this.#events.made(this);
  }

  dataReceived(data: Bytes): void {
    this.#other?.transport?.write(data);
  }

  readConnectionLost(): void {
    this.hasEnded = true;
    this.#events.halfOver(this);
  }

  writeConnectionLost(): void {
    if (this.#endAsked) return;
    this.takesNoMore = true;
    this.#events.halfOver(this);
  }

  connectionLost(reason: CloseReason): void {
    this.reason = reason;
    this.#events.lost(this, reason);
  }

  /** What the other transport holds and lets go. */
  readonly #producer: PushProducer = {
    pauseProducing: () => this.#hold("backPressure"),
    resumeProducing: () => this.#release("backPressure"),
    // The other wire takes no more: what is still read here is dropped there, and counted, so that
    // this peer is not held for ever by a reader that is gone.
    stopProducing: () => this.#release("backPressure"),
  };

  #hold(why: Hold): void {
    if (this.#holds.size === 0) this.transport?.pauseProducing();
    this.#holds.add(why);
  }

  #release(why: Hold): void {
    if (this.#holds.delete(why) && this.#holds.size === 0) this.transport?.resumeProducing();
  }
}

/** Its descriptors are one: what is left is to hang up. */
function isOnTerminal(transport: ProcessTransport): transport is PtyTransport {
  return "terminalSize" in transport;
}

function isProcess(transport: Transport | undefined): transport is ProcessTransport {
  return transport !== undefined && "closeChildFD" in transport;
}
