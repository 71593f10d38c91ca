/** Which rules of the suite the tour tries, and what they are called in its table. */
export const RULES: readonly (readonly [id: string, title: string])[] = [
  ["write.order", "every byte, in order"],
  ["reentry.write", "no call inside a call"],
  ["close.flushesInMade", "written, then closed"],
  ["close.chatty", "last byte, chatty peer"],
  ["close.waitsForProducer", "a producer holds a close"],
  ["halfClose.lateReply", "late reply after EOF"],
  ["backPressure.slowReader", "slow reader, slow writer"],
  ["flushed.rejects", "unsent is not called sent"],
  ["protocol.once", "one end, told last"],
  ["protocol.throws", "a bug ends its own wire"],
  ["reason.lost", "a reset is told as one"],
  ["ledger.balances", "every byte accounted for"],
];
