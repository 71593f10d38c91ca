import type { Place, Slot } from "./windows-calls.ts";

/**
 * The memory of OVERLAPPED structures, one a slot: the system's while its operation is in flight.
 * Made in blocks that are never given back, so that an address stays what it was.
 */
export class Overlappeds {
  readonly #addressOf: (memory: Uint8Array) => number;
  readonly #blocks: Buffer[] = [];
  readonly #addresses: number[] = [];
  readonly #slots: Map<number, Slot> = new Map();

  /** @param addressOf where the memory of a buffer begins. */
  constructor(addressOf: (memory: Uint8Array) => number) {
    this.#addressOf = addressOf;
  }

  /** Makes the structure of `slot` ready for an operation at a place; gives its address. */
  prepare(slot: Slot, at: Place): number {
    while (slot >= this.#addresses.length) this.#grow();
    const { block, from } = this.#where(slot);
    block.fill(0, from, from + OVERLAPPED_BYTES);
    const low = at === "end" ? 0xffff_ffff : at % WORD;
    const high = at === "end" ? 0xffff_ffff : Math.floor(at / WORD);
    block.writeUInt32LE(low, from + OFFSET_AT);
    block.writeUInt32LE(high, from + OFFSET_AT + 4);
    return this.addressOf(slot);
  }

  addressOf(slot: Slot): number {
    return this.#addresses[slot] ?? 0;
  }

  slotAt(address: number): Slot | undefined {
    return this.#slots.get(address);
  }

  /** The NTSTATUS of a completed operation. */
  statusOf(slot: Slot): number {
    const { block, from } = this.#where(slot);
    return block.readUInt32LE(from);
  }

  #where(slot: Slot): { readonly block: Buffer; readonly from: number } {
    const block = this.#blocks[Math.floor(slot / SLOTS_PER_BLOCK)];
    if (block === undefined) throw new RangeError(`slot ${slot} was never prepared`);
    return { block, from: (slot % SLOTS_PER_BLOCK) * OVERLAPPED_BYTES };
  }

  #grow(): void {
    const block = Buffer.allocUnsafeSlow(SLOTS_PER_BLOCK * OVERLAPPED_BYTES);
    const start = this.#addressOf(block);
    this.#blocks.push(block);
    for (let index = 0; index < SLOTS_PER_BLOCK; index++) {
      const address = start + index * OVERLAPPED_BYTES;
      this.#slots.set(address, this.#addresses.length);
      this.#addresses.push(address);
    }
  }
}

/** On 64 bits: status, count, offset in two words, event. */
const OVERLAPPED_BYTES = 32;
const OFFSET_AT = 16;
const SLOTS_PER_BLOCK = 128;
const WORD = 2 ** 32;
