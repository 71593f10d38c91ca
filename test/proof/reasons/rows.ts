import type { CloseCause, Ledger, Limits } from "../../../src/contract/index.ts";
import type { Actor, Part } from "./actor.ts";
import type { Wire } from "./meeting.ts";

/** What an end is to be told: everything but the error, of which the message is compared. */
export interface Expected extends Pick<CloseCause, "kind" | "by" | "exitCode" | "signal"> {
  readonly code?: string;
  /** What the layer beneath is told; one that only balances is `"any"`. */
  readonly via?: Pick<CloseCause, "kind" | "by" | "code"> | "any";
  readonly message?: RegExp;
  /** Those not named are 0. */
  readonly ledger: Partial<Ledger>;
}

/** A row of the reason table: how it is provoked, and what both ends are told. */
export interface Row {
  readonly name: string;
  readonly wires?: readonly Wire[];
  readonly limits?: Partial<Limits>;
  /** How much of what is accepted was sent by then is for the system to decide; it must balance. */
  readonly isSentOpen?: true;
  readonly near: Part;
  readonly far: Part;
  readonly nearIs: Expected | ((wire: Wire) => Expected);
  /** Where it is told at all. */
  readonly farIs?: Expected | ((wire: Wire) => Expected);
}

const sendThree = (actor: Actor): void => actor.write(3);
const THREE_OUT: Partial<Ledger> = { accepted: 3, sent: 3 };
const THREE_IN: Partial<Ledger> = { received: 3, delivered: 3 };
const DONE_BY_PEER = { kind: "done", by: "peer" } as const;
const DONE_BY_US = { kind: "done", by: "us" } as const;

/** Time limits that are to pass. */
const SOON_MS = 40;

function passed(code: string, message: RegExp, ledger: Partial<Ledger>): Expected {
  return { kind: "timeout", by: "us", code: `ERR_WIRE_${code}`, message, ledger };
}

function lostToReset(ledger: Partial<Ledger>): Expected {
  return { kind: "lost", by: "peer", code: "ERR_WIRE_RESET", message: /reset/, ledger };
}

/** What the other end is told of an abort: UNIX sockets have no reset; TLS misses its end mark. */
function cutOn(wire: Wire, ledger: Partial<Ledger>, asAnEnd: Expected): Expected {
  if (wire === "unix") return asAnEnd;
  if (wire !== "tls+unix") return lostToReset(ledger);
  const code = "ERR_WIRE_TRUNCATED";
  return { kind: "lost", by: "wire", code, message: /without TLS's end mark/, ledger };
}

const ENDED_IN_ORDER: readonly Row[] = [
  {
    name: "our close completed; the peer ended and our side flushed",
    near: { made: sendThree, data: (actor) => actor.close() },
    far: { data: (actor, byteCount) => byteCount === 3 && actor.write(2) },
    nearIs: { ...DONE_BY_US, ledger: { ...THREE_OUT, received: 2, delivered: 2 } },
    farIs: { ...DONE_BY_PEER, ledger: { ...THREE_IN, accepted: 2, sent: 2 } },
  },
  {
    name: "our close completed, with writes after it",
    near: {
      made: (actor) => {
        actor.write(3);
        actor.close();
        actor.write(4);
      },
    },
    far: {},
    nearIs: { ...DONE_BY_US, ledger: { accepted: 7, sent: 3, dropped: 4 } },
    farIs: { ...DONE_BY_PEER, ledger: THREE_IN },
  },
  {
    name: "our half-close came first, the peer answered and closed",
    near: {
      halfOpen: true,
      made: (actor) => {
        actor.write(3);
        actor.endSending();
      },
    },
    far: {
      halfOpen: true,
      readLost: (actor) => {
        actor.write(2);
        actor.close();
      },
    },
    nearIs: { ...DONE_BY_US, ledger: { ...THREE_OUT, received: 2, delivered: 2 } },
    farIs: { ...DONE_BY_PEER, ledger: { ...THREE_IN, accepted: 2, sent: 2 } },
  },
];

const CUT: readonly Row[] = [
  {
    name: "the peer reset; our abort",
    near: { made: sendThree },
    // In a later turn, so that the bytes count as sent in memory, too.
    far: { data: (actor, byteCount) => byteCount === 3 && setImmediate(() => actor.abort()) },
    // A UNIX socket has no reset: the peer sees a plain end.
    nearIs: (wire) => cutOn(wire, THREE_OUT, { ...DONE_BY_PEER, ledger: THREE_OUT }),
    farIs: { kind: "aborted", by: "us", ledger: THREE_IN },
  },
  {
    name: "our abort, with bytes queued",
    near: {
      made: (actor) => {
        actor.write(3);
        actor.abort();
      },
    },
    far: {},
    nearIs: { kind: "aborted", by: "us", ledger: { accepted: 3, unsent: 3 } },
  },
];

/** Above every mark there is, so that not even a kernel takes all of it. */
export const STUCK_BYTES: number = 32 * 2 ** 20;

const TIMED_OUT: readonly Row[] = [
  {
    name: "idle",
    near: {
      made: (actor) => {
        actor.write(3);
        actor.transport.setLimits({ idleMs: SOON_MS });
      },
    },
    far: {},
    nearIs: passed("IDLE", /idleMs/, THREE_OUT),
    farIs: (wire) => cutOn(wire, THREE_IN, { ...DONE_BY_PEER, ledger: THREE_IN }),
  },
  {
    name: "stall",
    isSentOpen: true,
    near: {
      made: (actor) => {
        actor.transport.setLimits({ stallMs: 4 * SOON_MS });
        actor.write(STUCK_BYTES);
      },
    },
    far: { made: (actor) => actor.transport.pauseProducing() },
    nearIs: passed("STALL", /stallMs/, { accepted: STUCK_BYTES }),
  },
  {
    name: "linger, the peer silent",
    limits: { lingerIdleMs: SOON_MS },
    near: {
      made: (actor) => {
        actor.write(3);
        actor.close();
      },
    },
    far: { halfOpen: true },
    nearIs: passed("LINGER", /lingerIdleMs.*may not have arrived/, THREE_OUT),
  },
  {
    name: "linger, the peer talking",
    limits: { lingerTotalMs: 5 * SOON_MS },
    near: {
      made: (actor) => {
        actor.write(3);
        actor.close();
      },
    },
    far: { halfOpen: true, readLost: (actor) => actor.write(5) },
    nearIs: passed("LINGER", /lingerTotalMs.*may not have arrived/, {
      ...THREE_OUT,
      received: 5,
      undelivered: 5,
    }),
  },
  {
    name: "half-open idle, the producer silent",
    limits: { halfOpenIdleMs: SOON_MS },
    near: {
      made: (actor) => {
        actor.write(3);
        actor.transport.registerProducer(SILENT, true);
      },
    },
    far: { halfOpen: true, data: (actor) => actor.endSending() },
    nearIs: passed("HALF_OPEN", /halfOpenIdleMs/, THREE_OUT),
    farIs: (wire) => cutOn(wire, THREE_IN, { ...DONE_BY_US, ledger: THREE_IN }),
  },
];

const FAILED: readonly Row[] = [
  {
    name: "a callback threw",
    near: {
      data: () => {
        throw new Error("no such request");
      },
    },
    far: { made: sendThree },
    nearIs: {
      kind: "failed",
      by: "us",
      code: "ERR_WIRE_PROTOCOL_THREW",
      message: /^no such request$/,
      ledger: THREE_IN,
    },
    farIs: (wire) => cutOn(wire, THREE_OUT, { ...DONE_BY_PEER, ledger: THREE_OUT }),
  },
  {
    name: "a limit of ours was passed",
    isSentOpen: true,
    limits: { writeHigh: 10, writeLow: 5, writeLimit: 100 },
    near: {
      made: (actor) => {
        actor.write(60);
        actor.write(60);
      },
    },
    far: {},
    nearIs: {
      kind: "failed",
      by: "us",
      code: "ERR_WIRE_LIMIT",
      message: /100.*120|120.*100/,
      ledger: { accepted: 120 },
    },
  },
];

export const ROWS: readonly Row[] = [...ENDED_IN_ORDER, ...CUT, ...TIMED_OUT, ...FAILED];

const SILENT = {
  pauseProducing(): void {},
  resumeProducing(): void {},
  stopProducing(): void {},
};
