import type { OnReadOpts, SocketConstructorOpts } from "node:net";
import { Socket } from "node:net";
import type { Bytes } from "../../../contract/index.ts";
import { leaveRoom, ownedPart, READ_BYTES, roomAfter, sharedRoom } from "./reading-room.ts";

/** Told what its socket reads. */
export interface Reader {
  /**
   * @param chunk the reader's for ever.
   * @returns whether reading goes on.
   */
  read(chunk: Bytes): boolean;
  /** The peer has ended. The stream does not tell it then. */
  readEnd(): void;
}

/**
 * Reads a socket into memory of ours, past the queue of its stream: what `onread` is to a socket
 * that connects, for one that was accepted. Its pauses and its errors stay what they were; its end
 * is told here, and not to the stream, once what was read in place has been.
 *
 * Where Node keeps `onread` is found out at the start, on sockets that are made with it: by what
 * they hold, whatever the names. Where it is not found, or its handle does not know of it, this
 * answers false, and `data` is to be listened to. So it is as long as `isReadInPlace` says no.
 */
export function readInPlace(socket: Socket, reader: Reader): boolean {
  slots = slots === undefined ? findSlots() : slots;
  const seats = socket as unknown as Seats;
  const handle = seats._handle;
  if (slots === null || typeof handle?.useUserBuffer !== "function") return false;
  if (socket.readableLength > 0 || socket.destroyed) return false;
  try {
    handle.useUserBuffer(sharedRoom);
  } catch {
    slots = null;
    return false;
  }
  seats[READER] = reader;
  seats.push = pushed;
  seats[slots.room] = sharedRoom;
  seats[slots.told] = told;
  seats[slots.nextRoom] = nextRoom;
  return true;
}

/** Whether a socket was read so already: the self-test. */
export function isReadInPlace(): boolean {
  return works;
}

/** Whether an end was told so already, too: the stream need not even flow then. */
export function isReadPastStream(): boolean {
  return tellsEnds;
}

/** What it read into goes to the next one, if it was its own. */
export function stopReadingInPlace(socket: Socket): void {
  const room =
    slots === undefined || slots === null ? null : (socket as unknown as Seats)[slots.room];
  if (room instanceof Uint8Array) leaveRoom(room);
}

let works = false;
let tellsEnds = false;
let slots: Slots | null | undefined;
/** `null` where the last one is read into again. */
let next: Uint8Array | null = null;

/** Where a socket keeps what `onread` gave it. */
interface Slots {
  readonly room: symbol;
  readonly told: symbol;
  readonly nextRoom: symbol;
}

/** A socket, as far as this goes. */
interface Seats {
  readonly _handle?: { useUserBuffer?(room: Uint8Array): void } | null;
  [READER]?: Reader;
  readonly readableLength: number;
  push: (chunk: unknown, encoding?: BufferEncoding) => boolean;
  [slot: symbol]: unknown;
}

const READER: unique symbol = Symbol("reader");

/** Node calls it on the socket that has read. */
function told(this: Seats, byteCount: number, room: Uint8Array): boolean {
  works = true;
  const after = roomAfter(room, byteCount);
  next = after === room ? null : after;
  return this[READER]?.read(ownedPart(room, byteCount)) !== false;
}

/** Node asks right after that; without an answer nothing changes. */
function nextRoom(): Uint8Array | null {
  return next;
}

/**
 * Node calls it on the socket to end its stream. What was read in place has been told by then, so
 * the end can be, without the ticks and events that the stream makes of it.
 */
function pushed(this: Seats, chunk: unknown, encoding?: BufferEncoding): boolean {
  if (chunk !== null || !works || this.readableLength > 0) {
    return Socket.prototype.push.call(this, chunk, encoding);
  }
  tellsEnds = true;
  this[READER]?.readEnd();
  return false;
}

function findSlots(): Slots | null {
  const room = new Uint8Array(READ_BYTES);
  const found = {
    room: slotOf(room, { buffer: room, callback: told }),
    told: slotOf(told, { buffer: room, callback: told }),
    nextRoom: slotOf(nextRoom, { buffer: nextRoom as () => Uint8Array, callback: told }),
  };
  const { room: at, told: by, nextRoom: then } = found;
  return at && by && then ? { room: at, told: by, nextRoom: then } : null;
}

/** The symbol under which a socket that is made with `onread` holds `held`. */
function slotOf(held: unknown, onread: OnReadOpts): symbol | undefined {
  const options: SocketConstructorOpts & { readonly onread: OnReadOpts } = { onread };
  const socket = new Socket(options);
  const seats = socket as unknown as Seats;
  const slot = Object.getOwnPropertySymbols(socket).find((symbol) => seats[symbol] === held);
  socket.destroy();
  return slot;
}
