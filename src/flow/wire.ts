import type {
  Address,
  Bytes,
  Capability,
  CloseCause,
  CloseReason,
  Limits,
  Observer,
  OnError,
  Protocol,
  Runtime,
} from "../contract/index.ts";
import type { FlowCalls } from "./calls.ts";
import type { ArrivedRider, Rider } from "./riders.ts";
import type { FlowTransport } from "./transport.ts";

/**
 * What a wire must be able to do: six verbs, called by flow and by nobody else. Whether and when is
 * flow's business; a wire that decides about closing or back-pressure is on the wrong floor.
 *
 * A wire begins *not reading*: flow asks for the first `resumeReading` after `opened`.
 * `close` and `abort` are asked at most once, and only one of them; it is answered by one `over`.
 */
export interface Wire {
  /** Our end and the other one: the same from `opened` on, also when it is over. */
  readonly host: Address;
  readonly peer: Address;
  /** Whether `sent` comes for each part as it goes, not only for all that was given. Default no. */
  readonly tellsParts?: boolean;
  /**
   * Begin to send. One is in flight at a time: the next comes when `sent` has covered this one.
   *
   * @param chunks none empty; the wire's to read until `sent` covers them, never to change.
   * @param riders what leaves with the first bytes, one with each; none on wires that offer none.
   */
  send(chunks: readonly Bytes[], riders?: readonly Rider[]): void;
  /** Everything is sent: end our direction. Answered by `sendingEnded`, or by `over`. */
  endSending(): void;
  /** Stop reading. What was already read may still be reported. */
  pauseReading(): void;
  /** Read. Never reports from inside this call. */
  resumeReading(): void;
  /** Let go, in order: what the system below still holds for the peer is still delivered. */
  close(): void;
  /**
   * Let go at once, so that the peer can tell where the wire has a way to; discard what is in
   * flight.
   */
  abort(): void;
  /**
   * How many bytes that were sent the system still holds for the peer, where the wire can tell. A
   * lingering connection is not idle while they grow fewer.
   */
  unacknowledged?(): number | undefined;
  /**
   * A way for bytes from this wire to `onto` that leaves out everything above; `null` where there
   * is none between these two. Closed at first. A wire has one such way to it, at most.
   */
  shortcutTo?(onto: Wire, facts: ShortcutFacts): Shortcut | null;
}

/**
 * A way for bytes from one wire to another. While it is open the first wire, whenever flow lets it
 * read, reports no `received`: what it reads goes to the other one at once. It reads only while the
 * other one takes everything, and holds `holdsMax` bytes at most. Ends and failures are reported as
 * ever, those of `onto` too.
 */
export interface Shortcut {
  /** @returns false when it cannot be had any more. */
  open(holdsMax: number): boolean;
  /** Bytes are reported again. What is held still goes to `onto`, ahead of what is sent next. */
  close(): void;
  /** How many bytes were read since this was asked last. */
  takeRead(): number;
  /** How many of them were handed over since this was asked last. */
  takeSent(): number;
}

/** What a shortcut reports, never from inside a verb. */
export interface ShortcutFacts {
  /** Bytes were read, or handed over. */
  carried(): void;
}

/**
 * What a wire reports: six facts. None is reported from inside a verb, except that `sent` may come
 * inside `send`. Facts may still come after `pauseReading`. No `received` after `peerEnded`;
 * nothing
 * after `over`.
 */
export interface Facts {
  /** Every handshake is done. Before it only `over` may come. */
  opened(): void;
  /**
   * Bytes arrived: not empty, and the receiver's for ever.
   *
   * @returns `true` where nobody has kept the chunk, so that its memory may be read into again;
   *   whatever else says that somebody may have.
   */
  received(chunk: Bytes): unknown;
  /**
   * Something came that belongs ahead of the bytes reported next; where reading ends it, nowhere.
   */
  brought?(rider: ArrivedRider): void;
  /** `byteCount` more of the bytes in flight are handed over, their riders with them. */
  sent(byteCount: number): void;
  /** The peer will send no more. */
  peerEnded(): void;
  /** Our direction is ended: as asked, or unasked because the peer takes no more. */
  sendingEnded(): void;
  /**
   * It is over. `cause` when the wire knows better than "both directions ended"; one of kind `done`
   * is the same as none, but keeps its `via`.
   */
  over(cause?: CloseCause): void;
}

export interface FlowOptions {
  readonly capabilities: ReadonlySet<Capability>;
  /** Makes the protocol, once the handshakes are done; `null` refuses the connection. */
  readonly accept: (peer: Address) => Protocol | null;
  /** Defaults are DEFAULT_LIMITS. */
  readonly limits?: Limits;
  /** Default: the system's clock and turns. */
  readonly runtime?: Runtime;
  /** Default: one line on the console's error stream. */
  readonly onError?: OnError;
  readonly observer?: Observer | (() => Observer | undefined);
  /** How many layers lie beneath this one. Default 0. */
  readonly depth?: number;
  /** Whether `opened` waits for handshakes, and `handshakeTimeoutMs` for them. Default no. */
  readonly handshakes?: boolean;
  /** Makes the transport, for wires with a sub-interface of their own. */
  readonly transport?: (flow: FlowCalls, wire: Wire) => FlowTransport;
  /**
   * Told once how the beginning went: nothing when `connectionMade` has returned, otherwise what
   * failed (the wire before `opened`, a handshake limit, a throwing factory or `connectionMade`).
   */
  readonly begun?: (error?: unknown) => void;
  /** Told once, last, after `connectionLost`; also when no protocol was ever made. */
  readonly ended?: (reason: CloseReason) => void;
}
