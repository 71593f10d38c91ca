import type { Bytes } from "../../../contract/index.ts";
import { blockHandedOut } from "../young-collection.ts";

/**
 * The memory that sockets read into. One block serves all of them, since each takes what it has
 * read before the next one reads; so an idle socket holds none. A socket that fills it gets blocks
 * of its own, which it gives away as it fills them; so few can have them that what they hold is
 * bounded.
 */
export const READ_BYTES: number = 64 * 1024;

export const sharedRoom: Uint8Array = new Uint8Array(READ_BYTES);

/** Where the socket reads next that has read so much into `room`. */
export function roomAfter(room: Uint8Array, byteCount: number): Uint8Array {
  if (room === sharedRoom) {
    if (byteCount < READ_BYTES || ownRooms >= OWN_ROOMS_MAX) return sharedRoom;
    ownRooms += 1;
    return freshRoom();
  }
  if (byteCount < OWN_READ_MIN_BYTES) {
    ownRooms -= 1;
    return sharedRoom;
  }
  const rest = room.subarray(byteCount);
  return rest.length < READ_BYTES ? freshRoom() : rest;
}

/** What was read, the reader's for ever: a copy where others read into the same memory. */
export function ownedPart(room: Uint8Array, byteCount: number): Bytes {
  const isCopied = room === sharedRoom || byteCount < OWN_READ_MIN_BYTES;
  return isCopied ? copyOf(room, byteCount) : room.subarray(0, byteCount);
}

/** The socket that reads into it is done. */
export function leaveRoom(room: Uint8Array): void {
  if (room !== sharedRoom) ownRooms -= 1;
}

const OWN_ROOM_BYTES = 256 * 1024;
const OWN_ROOMS_MAX = 64;
/** Who reads less at a time has no use for a block of its own. */
const OWN_READ_MIN_BYTES = 16 * 1024;

let ownRooms = 0;

function freshRoom(): Uint8Array {
  blockHandedOut(OWN_ROOM_BYTES);
  return Buffer.allocUnsafeSlow(OWN_ROOM_BYTES);
}

/** Copies lie side by side in blocks: small ones in small blocks, which each may keep alive. */
function copyOf(room: Uint8Array, byteCount: number): Bytes {
  const block = byteCount < SMALL_BYTES ? smallBlock : bigBlock;
  const copy = block.take(byteCount);
  copy.set(room.subarray(0, byteCount));
  return copy;
}

class Block {
  readonly #size: number;
  #buffer: ArrayBufferLike;
  #used: number;

  constructor(size: number) {
    this.#size = size;
    this.#buffer = EMPTY;
    this.#used = size;
  }

  take(byteCount: number): Uint8Array {
    if (byteCount > this.#size - this.#used) {
      if (this.#size >= READ_BYTES) blockHandedOut(this.#size);
      this.#buffer = Buffer.allocUnsafeSlow(this.#size).buffer;
      this.#used = 0;
    }
    const taken = new Uint8Array(this.#buffer, this.#used, byteCount);
    this.#used += byteCount;
    return taken;
  }
}

const SMALL_BYTES = 4 * 1024;
const EMPTY = new ArrayBuffer(0);
const smallBlock = new Block(16 * 1024);
const bigBlock = new Block(128 * 1024);
