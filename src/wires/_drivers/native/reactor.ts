import type { Bytes, EndOfTurn } from "../../../contract/index.ts";
import { systemRuntime } from "../../../flow/index.ts";
import { blockHandedOut } from "../young-collection.ts";
import type { Addon } from "./addon.ts";
import { addon } from "./addon.ts";
import { PeerNames } from "./peer-names.ts";
import type { SlotHolder } from "./slot-holder.ts";
import { startReactor } from "./start-reactor.ts";
import { ARENA, BIG_BLOCK, EVENT, EVENT_FIELDS, HEAD, OPERATION, PIECE } from "./tables.ts";
import { Waiting } from "./waiting.ts";

/** How much of what was to be sent is staged. */
export interface Staged {
  /** Where, for `cancel`. */
  at: number;
  bytes: number;
}

/** Below this, bytes are copied into the arena: cheaper than a reference. */
const COPY_BELOW_BYTES = 4096;
/** At most so many pieces in one send. */
const PIECES_MAX = 1024;
const NOTHING_SPENT = -1;
const POISON = 0xdb;
const LENT_FOR_ONE_HANDED_OUT = 8;

/**
 * The native reactor of this thread: hands on what happened, and stages what is to be done until
 * the end of the turn, so that both cross over once for many connections.
 */
export class Reactor implements EndOfTurn {
  /** Below every flow: it goes when they have staged what they send. */
  readonly depth = -1;
  readonly addon: Addon;
  /** For each slot: bytes read for it, and written to it, by `carry`. */
  readonly carriedBytes: Float64Array;
  readonly #events: Int32Array;
  readonly #names: PeerNames;
  readonly #rights: Int32Array;
  readonly #operations: Int32Array;
  readonly #arena: Uint8Array;
  readonly #holders: (SlotHolder | undefined)[] = [];
  #big: ArrayBuffer | undefined;
  #small: ArrayBuffer | undefined;
  #length = 0;
  #arenaUsed = 0;
  #references: Uint8Array[] = [];
  /** Who waits for results, where those are, and once run what they are; both lists are reused. */
  #waiting = new Waiting();
  #spare: Waiting | null = null;
  #isDue = false;
  /** Whoever keeps what it said it did not shall see it at once. */
  readonly #poisons = process.env["OVERWALL_POISON"] === "on";

  constructor(compiled: Addon = addon()) {
    this.addon = compiled;
    const tables = startReactor(this.addon, this.#dispatch);
    this.carriedBytes = new Float64Array(tables.carried);
    this.#events = new Int32Array(tables.events);
    this.#names = new PeerNames(tables.names);
    this.#rights = new Int32Array(tables.rights);
    this.#operations = new Int32Array(tables.operations);
    this.#arena = new Uint8Array(tables.arena);
  }

  /** From now on `holder` is told what happens in `slot`. */
  hold(slot: number, holder: SlotHolder): void {
    this.#holders[slot] = holder;
  }

  /** Gives the descriptor of a slot back, unwatched. */
  detach(slot: number): number {
    this.#holders[slot] = undefined;
    this.runStaged();
    return this.addon.detach(slot);
  }

  pause(slot: number): void {
    this.#put(OPERATION.pause, slot, 0, 0);
  }

  resume(slot: number): void {
    this.#put(OPERATION.resume, slot, 0, 0);
  }

  /** Ends the direction towards the peer; `ran` follows. */
  end(slot: number, holder: SlotHolder): void {
    this.#wait(holder, this.#put(OPERATION.end, slot, 0, 0));
  }

  /** Asks nothing of the system; `ran` follows. */
  confirm(slot: number, holder: SlotHolder): void {
    const at = this.#put(OPERATION.nothing, slot, 0, 0);
    this.#operations[at + 3] = 0;
    this.#wait(holder, at);
  }

  /** Closes the descriptor, and forgets who holds the slot. */
  close(slot: number): void {
    this.#holders[slot] = undefined;
    this.#put(OPERATION.close, slot, 0, 0);
  }

  /** As `close`; a TCP peer sees a reset. */
  reset(slot: number): void {
    this.#holders[slot] = undefined;
    this.#put(OPERATION.reset, slot, 0, 0);
  }

  /**
   * Stages a send of `chunks` from `offset` bytes into the first on; `ran` follows.
   *
   * What does not fit is left out: `staged` says how much is in.
   */
  send(
    slot: number,
    holder: SlotHolder,
    chunks: readonly Bytes[],
    first: number,
    offset: number,
    staged: Staged,
  ): void {
    const at = this.#put(OPERATION.send, slot, 0, Math.min(chunks.length - first, PIECES_MAX));
    let skip = offset;
    let bytes = 0;
    let pieces = 0;
    /** Where the piece in the arena begins that small chunks are added to. */
    let run = -1;
    for (let index = first; index < chunks.length; index++) {
      const chunk = chunks[index] as Bytes;
      const size = chunk.length - skip;
      if (run < 0 && pieces === PIECES_MAX) break;
      if (size < COPY_BELOW_BYTES) {
        if (this.#arenaUsed + size > this.#arena.length) break;
        if (run < 0) run = this.#arenaUsed;
        this.#arena.set(skip === 0 ? chunk : chunk.subarray(skip), this.#arenaUsed);
        this.#arenaUsed += size;
      } else {
        if (run >= 0) {
          this.#piece(ARENA, run, this.#arenaUsed - run);
          pieces++;
          run = -1;
          if (pieces === PIECES_MAX) break;
        }
        if (chunk.buffer === this.#big) this.#piece(BIG_BLOCK, chunk.byteOffset + skip, size);
        else this.#piece(this.#references.push(chunk) - 1, skip, size);
        pieces++;
      }
      bytes += size;
      skip = 0;
    }
    if (run >= 0) {
      this.#piece(ARENA, run, this.#arenaUsed - run);
      pieces++;
    }
    this.#operations[at + 2] = pieces;
    this.#wait(holder, at);
    staged.at = at;
    staged.bytes = bytes;
  }

  /** As `send`, of the first byte alone, which the descriptor `fd` travels with. */
  sendRight(slot: number, holder: SlotHolder, byte: number, fd: number, staged: Staged): void {
    const at = this.#put(OPERATION.sendRight, slot, fd, 1);
    this.#arena[this.#arenaUsed] = byte;
    this.#piece(ARENA, this.#arenaUsed, 1);
    this.#arenaUsed += 1;
    this.#wait(holder, at);
    staged.at = at;
    staged.bytes = 1;
  }

  /** Takes a staged send back, if it has not been run. */
  cancel(at: number, holder: SlotHolder): void {
    if (!this.#waiting.forget(at, holder)) return;
    // What is stepped over has as many pieces as that says; of a right it was the descriptor.
    if (this.#operations[at] === OPERATION.sendRight) this.#operations[at + 2] = 1;
    this.#operations[at] = OPERATION.nothing;
  }

  /** Runs what is staged, and tells the results. */
  endTurn(): void {
    this.#isDue = false;
    this.runStaged();
    const waiting = this.#waiting;
    if (waiting.count === 0) return;
    this.#waiting = this.#spare ?? new Waiting();
    this.#spare = null;
    waiting.tell();
    this.#spare = waiting;
  }

  #piece(source: number, offset: number, size: number): void {
    const at = this.#length;
    this.#operations[at] = source;
    this.#operations[at + 1] = offset;
    this.#operations[at + 2] = size;
    this.#length = at + PIECE;
  }

  /** Makes room for `pieceMax` pieces behind the operation. */
  #put(kind: number, slot: number, argument: number, pieceMax: number): number {
    const isFull = this.#length + HEAD + pieceMax * PIECE > this.#operations.length;
    const isArenaFull = pieceMax > 0 && this.#arenaUsed + COPY_BELOW_BYTES > this.#arena.length;
    if (isFull || isArenaFull) this.runStaged();
    const at = this.#length;
    this.#operations[at] = kind;
    this.#operations[at + 1] = slot;
    this.#operations[at + 2] = argument;
    this.#length = at + HEAD;
    if (!this.#isDue) {
      this.#isDue = true;
      systemRuntime().turn.atEnd(this);
    }
    return at;
  }

  #wait(holder: SlotHolder, at: number): void {
    this.#waiting.push(holder, at);
  }

  /** Does what is staged; results are told at the end of the turn, outside every call. */
  runStaged(): void {
    if (this.#length === 0) return;
    this.addon.run(this.#length, this.#references);
    this.#length = 0;
    this.#arenaUsed = 0;
    if (this.#references.length > 0) this.#references = [];
    this.#waiting.ran(this.#operations);
  }

  readonly #dispatch = (
    count: number,
    big: ArrayBuffer | undefined,
    ...small: readonly ArrayBuffer[]
  ): number => {
    if (big !== undefined) {
      if (this.#length > 0) this.#nameBlock();
      this.#big = big;
      blockHandedOut(big.byteLength);
    }
    let nextSmall = 0;
    let spentFrom = NOTHING_SPENT;
    let hasAccepted = false;
    for (let index = 0; index < count; index++) {
      const at = index * EVENT_FIELDS;
      const slot = this.#events[at] as number;
      const kind = this.#events[at + 1] as number;
      const a = this.#events[at + 2] as number;
      const b = this.#events[at + 3] as number;
      if (kind === EVENT.nextSmall) this.#small = small[nextSmall++];
      if (kind === EVENT.accepted) hasAccepted = true;
      try {
        const isSpent = this.#tell(slot, kind, a, b);
        if (kind !== EVENT.big) continue;
        if (!isSpent) spentFrom = NOTHING_SPENT;
        else if (spentFrom === NOTHING_SPENT) spentFrom = a;
      } catch (error) {
        // The system's to report, as from any callback; nobody else's news is lost for it.
        spentFrom = NOTHING_SPENT;
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    // Behind those that open the gates of the new connections.
    if (hasAccepted) systemRuntime().turn.later(this.#settle);
    return spentFrom;
  };

  /** @returns whether it was a part of the big block that nobody has kept. */
  #tell(slot: number, kind: number, a: number, b: number): boolean {
    if (kind === EVENT.accepted) {
      const listener = this.#holders[a];
      if (listener === undefined) this.close(slot);
      else listener.accepted?.(slot, this.#names.at(b));
      return false;
    }
    const holder = this.#holders[slot];
    if (holder === undefined) {
      if (kind === EVENT.rights) this.#handOver({}, this.#rightsAt(a, b));
      return kind === EVENT.big;
    }
    switch (kind) {
      case EVENT.big:
        return this.#handOut(holder, a, b);
      case EVENT.small:
      case EVENT.nextSmall:
        holder.received?.(new Uint8Array(this.#small as ArrayBuffer, a, b));
        break;
      case EVENT.ended:
        holder.ended?.();
        break;
      case EVENT.failed:
        holder.failed?.(a);
        break;
      case EVENT.writable:
        holder.writable?.();
        break;
      case EVENT.connected:
        holder.connected?.(a);
        break;
      case EVENT.notAccepted:
        holder.notAccepted?.(a);
        break;
      case EVENT.gone:
        holder.gone?.();
        break;
      case EVENT.exited:
        holder.exited?.();
        break;
      case EVENT.carried:
        holder.carried?.();
        break;
      case EVENT.rights:
        this.#handOver(holder, this.#rightsAt(a, b));
        break;
    }
    return false;
  }

  /** A part of the big block. @returns whether nobody has kept it. */
  #handOut(holder: SlotHolder, at: number, size: number): boolean {
    const chunk = new Uint8Array(this.#big as ArrayBuffer, at, size);
    const isSpent = holder.received?.(chunk) === true;
    // A layer has made something else of it, which is as young, and weighs less than a block.
    if (isSpent) blockHandedOut(size / LENT_FOR_ONE_HANDED_OUT);
    if (isSpent && this.#poisons) chunk.fill(POISON);
    return isSpent;
  }

  /** What is staged from the block that was current until now says so by reference. */
  #nameBlock(): void {
    const block = new Uint8Array(this.#big as ArrayBuffer);
    const operations = this.#operations;
    let reference = -1;
    for (let at = 0; at < this.#length; ) {
      const kind = operations[at];
      const hasPieces = kind === OPERATION.send || kind === OPERATION.nothing;
      const pieces = hasPieces ? (operations[at + 2] as number) : 0;
      const next = at + HEAD + (kind === OPERATION.sendRight ? 1 : pieces) * PIECE;
      for (at += HEAD; at < next; at += PIECE) {
        if (operations[at] !== BIG_BLOCK) continue;
        if (reference < 0) reference = this.#references.push(block) - 1;
        operations[at] = reference;
      }
    }
  }

  readonly #settle = (): void => {
    this.#put(OPERATION.settle, 0, 0, 0);
  };

  /** What nobody claims is closed. */
  #handOver(holder: SlotHolder, fds: readonly number[]): void {
    if (holder.rightsReceived !== undefined) holder.rightsReceived(fds);
    else for (const fd of fds) this.addon.closeDescriptor(fd);
  }

  #rightsAt(first: number, count: number): readonly number[] {
    return [...this.#rights.subarray(first, first + count)];
  }
}

let shared: Reactor | undefined;

/** The reactor of this thread. */
export function reactor(): Reactor {
  shared ??= new Reactor();
  return shared;
}
