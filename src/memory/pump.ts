import type { Bytes, Chance } from "../contract/index.ts";

/**
 * How the bytes that wait in a link are cut into the chunks that the peer gets.
 *
 * Called in the turn of delivery with what waits, at most 1 MiB; gives the same bytes, in order,
 * cut
 * or joined as it likes. Empty pieces are skipped. When the peer pauses, or a turn has delivered
 * enough, the rest of the pieces is not taken and what is left is shown to a later call.
 *
 * A policy that throws, or gives more or fewer bytes than it got, breaks the link: both ends are
 * lost with ERR_WIRE_BROKEN.
 *
 * **Not promised:** pieces above 256 KiB; they arrive cut, so that a kept chunk pins little memory.
 *
 * @see twisted.protocols.loopback.identityPumpPolicy, collapsingPumpPolicy
 */
export type PumpPolicy = (waiting: readonly Bytes[]) => Iterable<Bytes>;

/** The policies that come with the library. A protocol must behave the same under all of them. */
export const pumps: {
  /** One chunk for every written chunk. */
  readonly identity: PumpPolicy;
  /** All that waits as one chunk. */
  readonly collapsing: PumpPolicy;
  /** One chunk for every byte. */
  readonly oneByte: PumpPolicy;
  /** Joined and cut at random, at most `byteCountMax` (default 16) bytes in a piece. */
  readonly random: (chance: Chance, byteCountMax?: number) => PumpPolicy;
} = {
  identity: (waiting) => waiting,
  collapsing: (waiting) => [joined(waiting)],
  *oneByte(waiting) {
    for (const chunk of waiting) {
      for (let at = 0; at < chunk.byteLength; at++) yield chunk.subarray(at, at + 1);
    }
  },
  random: (chance, byteCountMax = 16) =>
    function* (waiting) {
      const all = joined(waiting);
      for (let at = 0; at < all.byteLength; ) {
        const end = Math.min(at + 1 + chance.below(byteCountMax), all.byteLength);
        yield all.subarray(at, end);
        at = end;
      }
    },
};

/** The chunks as one, copied. */
export function joined(chunks: readonly Bytes[]): Bytes {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}
