/** Which rules of the suite the tour tries, and what they are called in its table. */
export const RULES: readonly (readonly [id: string, title: string])[] = [
  ["write.order", "every byte, in order"],
  ["reentry.write", "no call from inside a call"],
  ["close.flushes", "the tail, before a close"],
  ["close.chatty", "last byte, chatty peer"],
  ["close.waitsForProducer", "a producer holds the close"],
  ["halfClose.lateReply", "late reply after EOF"],
  ["backPressure.slowReader", "slow reader, slow writer"],
  ["flushed.rejects", "unsent is never called sent"],
  ["protocol.once", "one end, and it is the last"],
  ["protocol.throws", "a bug ends its own wire"],
  ["reason.lost", "a reset is told as a reset"],
  ["ledger.balances", "every byte accounted for"],
];
