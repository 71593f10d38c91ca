import type { SlotHolder } from "./slot-holder.ts";

/** Who waits for the results of staged operations. It is emptied and filled, never made anew. */
export class Waiting {
  readonly #holders: (SlotHolder | undefined)[] = [];
  /** Where an operation is staged; once it has run, its result. */
  readonly #numbers: number[] = [];
  #ranCount = 0;
  count = 0;

  push(holder: SlotHolder, at: number): void {
    this.#holders[this.count] = holder;
    this.#numbers[this.count] = at;
    this.count += 1;
  }

  /** Whether the operation at `at` was waited for, and had not run; nobody is told of it now. */
  forget(at: number, holder: SlotHolder): boolean {
    for (let index = this.#ranCount; index < this.count; index++) {
      if (this.#numbers[index] !== at || this.#holders[index] !== holder) continue;
      this.#holders[index] = undefined;
      return true;
    }
    return false;
  }

  /** All that is staged has run: the results are the fourth number of each operation. */
  ran(operations: Int32Array): void {
    for (let index = this.#ranCount; index < this.count; index++) {
      this.#numbers[index] = operations[(this.#numbers[index] as number) + 3] as number;
    }
    this.#ranCount = this.count;
  }

  /** Tells everybody the result, and forgets them. */
  tell(): void {
    const { count } = this;
    for (let index = 0; index < count; index++) {
      const holder = this.#holders[index];
      this.#holders[index] = undefined;
      holder?.ran?.(this.#numbers[index] as number);
    }
    this.count = 0;
    this.#ranCount = 0;
  }
}
