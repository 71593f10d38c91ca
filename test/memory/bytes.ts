import type { Bytes } from "../../src/contract/index.ts";

export const encode = (text: string): Bytes => new TextEncoder().encode(text);

export const decode = (bytes: Bytes): string => new TextDecoder().decode(bytes);

/** Bytes that tell where they came from: a cut in the wrong place or a swap shows. */
export function patterned(byteCount: number, salt = 0): Bytes {
  return Uint8Array.from({ length: byteCount }, (_, at) => (at * 31 + (at >> 8) + salt) & 0xff);
}
