import type { Bytes } from "../../../../src/contract/index.ts";
import type {
  Completion,
  Handle,
  HandleFacts,
  Place,
  Slot,
  WindowsCalls,
} from "../../../../src/wires/_drivers/windows/windows-calls.ts";

/** An operation that a test completes. */
export interface Begun {
  readonly what: "read" | "write";
  readonly handle: Handle;
  readonly memory: Bytes;
  readonly slot: Slot;
  readonly at: Place;
}

/** The calls of Windows, in memory: what is begun stays in flight until a test says otherwise. */
export class FakeWindows implements WindowsCalls {
  readonly handles: Map<Handle, HandleFacts> = new Map();
  /** In flight, in the order in which they were begun. */
  readonly begun: Begun[] = [];
  readonly attached: Handle[] = [];
  /** Those that have a completion port, ours or not. */
  readonly ports: Set<Handle> = new Set();
  readonly cancelled: Slot[] = [];
  readonly closed: Handle[] = [];
  /** What the next `read` or `write` answers. */
  beginError = 0;
  waits = 0;
  #told: ((completions: readonly Completion[]) => void) | null = null;

  facts(handle: Handle): HandleFacts | number {
    return this.handles.get(handle) ?? ERROR_INVALID_HANDLE;
  }

  attach(handle: Handle): number {
    if (this.ports.has(handle)) return ERROR_INVALID_PARAMETER;
    this.ports.add(handle);
    this.attached.push(handle);
    return 0;
  }

  read(handle: Handle, memory: Uint8Array, slot: Slot, at: Place): number {
    return this.#begin({ what: "read", handle, memory, slot, at });
  }

  write(handle: Handle, memory: Bytes, slot: Slot, at: Place): number {
    return this.#begin({ what: "write", handle, memory, slot, at });
  }

  cancel(_handle: Handle, slot: Slot): void {
    this.cancelled.push(slot);
  }

  close(handle: Handle): void {
    this.closed.push(handle);
    this.ports.delete(handle);
  }

  wait(_timeoutMs: number, told: (completions: readonly Completion[]) => void): void {
    if (this.#told !== null) throw new Error("there is a wait already");
    this.#told = told;
    this.waits++;
  }

  wake(): void {
    this.#answer([]);
  }

  get isWaiting(): boolean {
    return this.#told !== null;
  }

  /** Some are over, at once, in this order; the wait returns. */
  complete(
    ...over: readonly { readonly one: Begun; readonly byteCount: number; readonly error?: number }[]
  ): void {
    const completions = over.map(({ one, byteCount, error = 0 }) => {
      const index = this.begun.indexOf(one);
      if (index < 0) throw new Error("it is not in flight");
      this.begun.splice(index, 1);
      return { slot: one.slot, error, byteCount };
    });
    this.#answer(completions);
  }

  /** The operation in flight at `index`. */
  at(index: number): Begun {
    const one = this.begun[index];
    if (one === undefined) throw new Error(`there is no operation ${index} in flight`);
    return one;
  }

  #begin(one: Begun): number {
    const error = this.beginError;
    this.beginError = 0;
    if (error === 0) this.begun.push(one);
    return error;
  }

  #answer(completions: readonly Completion[]): void {
    const told = this.#told;
    if (told === null) throw new Error("nobody waits");
    this.#told = null;
    told(completions);
  }
}

export const PIPE: HandleFacts = {
  kind: "pipe",
  reads: true,
  writes: true,
  appends: false,
  isOverlapped: true,
};

const ERROR_INVALID_HANDLE = 6;
const ERROR_INVALID_PARAMETER = 87;
