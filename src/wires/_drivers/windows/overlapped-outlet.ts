import type { Bytes } from "../../../contract/index.ts";
import type { Outlet, OutletFacts } from "../duct.ts";
import type { OverlappedHandle } from "./overlapped-handle.ts";
import { pieces } from "./pieces.ts";
import type { Place, Slot } from "./windows-calls.ts";
import { isEnd, windowsError } from "./windows-error.ts";

/**
 * What goes out through an overlapped handle, several writes in flight. They may be over in any
 * order; what is reported is what went out without a gap from the first one on.
 */
export class OverlappedOutlet implements Outlet {
  readonly #handle: OverlappedHandle;
  readonly #facts: OutletFacts;
  readonly #inFlightMax: number;
  #waiting: Bytes[] = [];
  /** In the order in which they were begun. */
  readonly #writes: Write[] = [];
  #position = 0;
  /** One fell short, and nothing behind it counts. */
  #isBroken = false;
  #isSilent = false;
  #isReleased = false;
  #done: (() => void) | null = null;

  constructor(handle: OverlappedHandle, facts: OutletFacts) {
    this.#handle = handle;
    this.#facts = facts;
    // What is added to a file at the same time has no order.
    this.#inFlightMax = handle.facts.appends ? 1 : IN_FLIGHT_MAX;
    handle.hold();
  }

  send(chunks: readonly Bytes[]): void {
    this.#waiting = pieces(chunks);
    this.#next();
  }

  /** The end is the handle's own; what is read through it, too, stays open for that. */
  end(): void {
    this.#release(() => this.#stop(() => this.#facts.ended()));
  }

  close(done: () => void): void {
    this.#isSilent = true;
    this.#done = done;
    this.#cancelAll();
    this.#letGoIfIdle();
  }

  #next(): void {
    while (this.#writes.length < this.#inFlightMax && !this.#isSilent) {
      const bytes = this.#waiting.shift();
      if (bytes === undefined) return;
      const write = fresh(bytes, this.#place);
      if (this.#handle.facts.kind === "file") this.#position += bytes.length;
      this.#writes.push(write);
      this.#begin(write);
    }
  }

  get #place(): Place {
    return this.#handle.facts.appends ? "end" : this.#position;
  }

  #begin(write: Write): void {
    write.slot = this.#handle.write(write.bytes, write.at, (error, byteCount) => {
      write.slot = null;
      write.error = error;
      write.byteCount = byteCount;
      this.#advance();
    });
  }

  /** Reports what is over, from the first on, also while letting go: the account is exact. */
  #advance(): void {
    while (!this.#isBroken) {
      const head = this.#writes[0];
      if (head?.slot !== null) break;
      const { byteCount, bytes } = head;
      if (byteCount > 0) this.#facts.sent(byteCount);
      this.#writes.shift();
      if (head.error !== 0 || byteCount < bytes.length) this.#fellShort(head);
    }
    this.#next();
    this.#letGoIfIdle();
  }

  /** The first write moved less than it had. */
  #fellShort({ at, bytes, byteCount, error }: Write): void {
    const isPlaced = typeof at === "number" && this.#handle.facts.kind === "file";
    const mayGoOn = error === 0 && byteCount > 0 && !this.#isSilent;
    // Where each write has its place, or none was begun behind it, the rest is written still.
    if (mayGoOn && (isPlaced || this.#writes.length === 0)) {
      const rest = bytes.subarray(byteCount);
      const write = fresh(rest, isPlaced ? at + byteCount : at);
      this.#writes.unshift(write);
      this.#begin(write);
      return;
    }
    // What is behind a gap was not sent in order, however it goes.
    this.#isBroken = true;
    this.#cancelAll();
    this.#stop(() => {
      if (isEnd(error)) this.#facts.ended();
      else this.#facts.failed(windowsError("WriteFile", error === 0 ? ERROR_WRITE_FAULT : error));
    });
  }

  #cancelAll(): void {
    for (const { slot } of this.#writes) {
      if (slot !== null) this.#handle.cancel(slot);
    }
  }

  #stop(tell: () => void): void {
    if (this.#isSilent) return;
    this.#isSilent = true;
    this.#waiting = [];
    tell();
  }

  #letGoIfIdle(): void {
    const done = this.#done;
    if (done === null || this.#writes.some(({ slot }) => slot !== null)) return;
    this.#done = null;
    this.#release(done);
  }

  #release(done: () => void): void {
    if (this.#isReleased) setImmediate(done);
    else this.#handle.release(done);
    this.#isReleased = true;
  }
}

interface Write {
  readonly bytes: Bytes;
  readonly at: Place;
  /** `null` when it is over. */
  slot: Slot | null;
  error: number;
  byteCount: number;
}

function fresh(bytes: Bytes, at: Place): Write {
  return { bytes, at, slot: null, error: 0, byteCount: 0 };
}

const IN_FLIGHT_MAX = 4;
/** The system took less than it was given, and does not say why. */
const ERROR_WRITE_FAULT = 29;
