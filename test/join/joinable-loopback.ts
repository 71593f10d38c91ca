import type { Address, Bytes, CloseCause, Protocol } from "../../src/contract/index.ts";
import type { Facts, Shortcut, ShortcutFacts, Wire } from "../../src/flow/index.ts";
import { joinPlainly } from "../../src/memory/link.ts";
import type { Loopback, LoopbackOptions } from "../../src/memory/loopback.ts";
import { loopback as plainLoopback } from "../../src/memory/loopback.ts";
import { CountedShortcut } from "../flow/counted-shortcut.ts";

let isShort = false;
let carriedBytes = 0;

/** From now on what `loopback` makes has a shortcut to others like it, as native wires have. */
export function giveShortcuts(): void {
  isShort = true;
}

/** What went over shortcuts in all. */
export function shortcutBytes(): number {
  return carriedBytes;
}

/** `loopback`, with shortcuts if they were asked for. */
export function loopback(left: Protocol, right: Protocol, options: LoopbackOptions = {}): Loopback {
  if (!isShort) return plainLoopback(left, right, options);
  return plainLoopback(left, right, {
    ...options,
    join: (how) => {
      const plain = joinPlainly(how);
      return {
        left: (facts) => new ShortWire(plain.left, facts),
        right: (facts) => new ShortWire(plain.right, facts),
      };
    },
  });
}

/** A wire in memory that can carry what it reads to another one by itself. */
class ShortWire implements Wire, Facts {
  readonly #wire: Wire;
  readonly #facts: Facts;
  outlet: MemoryShortcut | null = null;
  inlet: MemoryShortcut | null = null;
  #isReadingWanted = false;

  constructor(makeWire: (facts: Facts) => Wire, facts: Facts) {
    this.#facts = facts;
    this.#wire = makeWire(this);
  }

  get host(): Address {
    return this.#wire.host;
  }

  get peer(): Address {
    return this.#wire.peer;
  }

  shortcutTo(onto: Wire, facts: ShortcutFacts): Shortcut | null {
    if (!(onto instanceof ShortWire)) return null;
    this.outlet = new MemoryShortcut(this, onto, facts);
    onto.inlet = this.outlet;
    return this.outlet;
  }

  send(chunks: readonly Bytes[]): void {
    if (this.inlet?.isSending === true) throw new Error("flow sends into what is carried");
    this.#wire.send(chunks);
  }

  /** For the shortcut. */
  sendCarried(chunks: readonly Bytes[]): void {
    this.#wire.send(chunks);
  }

  endSending(): void {
    if (this.inlet?.isSending === true) throw new Error("flow ends ahead of what is carried");
    this.#wire.endSending();
  }

  pauseReading(): void {
    this.#isReadingWanted = false;
    this.syncReading();
  }

  resumeReading(): void {
    this.#isReadingWanted = true;
    this.syncReading();
  }

  syncReading(): void {
    if (this.#isReadingWanted && this.outlet?.isFull !== true) this.#wire.resumeReading();
    else this.#wire.pauseReading();
  }

  close(): void {
    this.inlet?.drop();
    this.#wire.close();
  }

  abort(): void {
    this.inlet?.drop();
    this.#wire.abort();
  }

  opened(): void {
    this.#facts.opened();
  }

  received(chunk: Bytes): void {
    if (this.outlet?.isOpen === true) this.outlet.take(chunk);
    else this.#facts.received(chunk);
  }

  sent(byteCount: number): void {
    if (this.inlet?.isSending === true) this.inlet.sent(byteCount);
    else this.#facts.sent(byteCount);
  }

  peerEnded(): void {
    this.#facts.peerEnded();
  }

  sendingEnded(): void {
    this.#facts.sendingEnded();
  }

  over(cause?: CloseCause): void {
    this.inlet?.drop();
    this.#facts.over(cause);
  }
}

class MemoryShortcut extends CountedShortcut implements Shortcut {
  readonly #from: ShortWire;
  readonly #onto: ShortWire;
  readonly #facts: ShortcutFacts;
  isOpen = false;
  #held: Bytes[] = [];
  #sending = 0;
  #isDropped = false;

  constructor(from: ShortWire, onto: ShortWire, facts: ShortcutFacts) {
    super();
    this.#from = from;
    this.#onto = onto;
    this.#facts = facts;
  }

  get isSending(): boolean {
    return this.#sending > 0;
  }

  /** Reads only while it holds nothing. */
  get isFull(): boolean {
    return this.isOpen && this.isSending;
  }

  open(): boolean {
    this.isOpen = !this.#isDropped;
    this.#from.syncReading();
    return this.isOpen;
  }

  close(): void {
    this.isOpen = false;
    this.#from.syncReading();
  }

  take(chunk: Bytes): void {
    this.moves(chunk.byteLength, 0);
    carriedBytes += chunk.byteLength;
    this.#held.push(chunk);
    this.#send();
    this.#facts.carried();
  }

  sent(byteCount: number): void {
    this.moves(0, byteCount);
    this.#sending -= byteCount;
    this.#send();
    this.#facts.carried();
  }

  drop(): void {
    this.#isDropped = true;
    this.#held = [];
    this.#sending = 0;
  }

  #send(): void {
    if (!this.isSending && this.#held.length > 0) {
      const chunks = this.#held;
      this.#held = [];
      this.#sending = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
      this.#onto.sendCarried(chunks);
    }
    this.#from.syncReading();
  }
}
