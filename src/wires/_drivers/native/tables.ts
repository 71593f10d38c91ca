// The numbers in the tables that are shared with the compiled part; see native/src/reactor.h.

/** What happened; each event is a slot, one of these, and two numbers. */
export const EVENT = {
  big: 1,
  small: 2,
  nextSmall: 3,
  accepted: 4,
  ended: 5,
  failed: 6,
  writable: 7,
  connected: 8,
  notAccepted: 9,
  gone: 10,
  rights: 11,
  exited: 12,
  carried: 13,
} as const;

/** What is to be done; each operation is one of these, a slot, an argument, and its result. */
export const OPERATION = {
  send: 1,
  end: 2,
  close: 3,
  reset: 4,
  pause: 5,
  resume: 6,
  sendRight: 7,
  nothing: 8,
  settle: 9,
} as const;

/** Where the bytes of a piece are, if not in a reference. */
export const ARENA: number = -1;
export const BIG_BLOCK: number = -2;

export const EVENT_FIELDS: number = 4;
/** Numbers of an operation, and of each piece of a send behind it. */
export const HEAD: number = 4;
export const PIECE: number = 3;
