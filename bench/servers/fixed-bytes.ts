const PERIOD_BYTES = 65_536;

/** The bytes that every server sends and the load generator checks: it repeats after 64 KiB. */
export function fixedBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 1) {
    const at = i % PERIOD_BYTES;
    bytes[i] = (31 * at + (at >> 8)) & 255;
  }
  return bytes;
}

/** What a server writes at once when it sends much. */
export const BLOCK_BYTES: number = 64 * 1024;

/** One answer to a request of 64 bytes: ten writes of 32. */
export const REQUEST_BYTES = 64;
export const PIECES: readonly Uint8Array[] = Array.from({ length: 10 }, (_, piece) =>
  fixedBytes(320).slice(32 * piece, 32 * piece + 32),
);
