/** What a slot is; see native/src/reactor.h. */
export const TRAIT = {
  reads: 1,
  writes: 2,
  socket: 4,
  rights: 32,
  terminal: 64,
  tcp: 128,
  shared: 256,
  oneWay: 512,
  process: 1024,
} as const;
