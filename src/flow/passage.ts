import type { Protocol } from "../contract/index.ts";
import type { Course } from "./course.ts";
import type { Shortcut, ShortcutFacts } from "./wire.ts";

/** A consumer that wants less queued is better served by smaller reads. */
const SHORTCUT_HOLDS_MIN = 16 * 1024;

/**
 * One direction of a join on its shortcut: when it may be taken, and the account of what goes.
 *
 * It is open as long as nobody would do anything with a byte but pass it on, and both ledgers say
 * what they would have said: a byte read is received and delivered on one side and accepted on the
 * other, where it is in flight until it is sent. Everything else takes the ordinary way.
 */
export class Passage implements ShortcutFacts {
  readonly #from: Course;
  readonly #to: Course;
  /** Who passes on what it is delivered; another one may do something else with it. */
  readonly #protocol: Protocol | null;
  #shortcut: Shortcut | null = null;
  #isOpen = false;
  /** It was refused, and will not be asked for again. */
  #isRefused = false;
  /** Of what the other side has in flight: what the shortcut holds. */
  #heldBytes = 0;
  #carriedBytes = 0;

  private constructor(from: Course, to: Course) {
    this.#from = from;
    this.#to = to;
    this.#protocol = from.seat.protocol;
  }

  /** `null` where the two wires have no shortcut, or one of them is in another passage like it. */
  static between(from: Course, to: Course): Passage | null {
    if (from.outlet !== null || to.inlet !== null) return null;
    const passage = new Passage(from, to);
    passage.#shortcut = from.wire.shortcutTo?.(to.wire, passage) ?? null;
    if (passage.#shortcut === null) return null;
    from.outlet = passage;
    to.inlet = passage;
    passage.sync();
    return passage;
  }

  /** How much went this way and was handed over. */
  get carriedBytes(): number {
    return this.#carriedBytes;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Opens or closes it, as it may be now. What went is in the ledgers when this returns. */
  sync(): void {
    const may = this.#mayBeOpen();
    if (may === this.#isOpen) return;
    if (may) {
      this.#isOpen = this.#shortcut?.open(this.#to.limits.writeHigh) === true;
      this.#isRefused = !this.#isOpen;
    } else {
      this.close();
    }
  }

  /** From here on bytes are shown again. */
  close(): void {
    if (this.#isOpen) this.#shortcut?.close();
    this.#isOpen = false;
    this.#enter();
  }

  carried(): void {
    const heldBytes = this.#heldBytes;
    this.#enter();
    // Where nothing waited before and nothing waits now, nothing has become due.
    const wasThrough = heldBytes === 0 && this.#heldBytes === 0;
    if (wasThrough && this.#isOpen && this.#to.life.sending === "open") return;
    this.#to.settle();
  }

  #mayBeOpen(): boolean {
    return !this.#isRefused && this.#maySkipFrom() && this.#maySkipTo();
  }

  /** Whether a byte that is read would go straight to the protocol that passes it on. */
  #maySkipFrom(): boolean {
    const { in: inflow, isLosing, isSwitching, life, observers, over, seat } = this.#from;
    if (life.phase !== "live" || life.reading !== "open" || over !== null) return false;
    if (isLosing || isSwitching || seat.protocol !== this.#protocol) return false;
    return !inflow.isGated && inflow.isEmpty && !observers.seeEach;
  }

  /** Whether what is written would go straight to the wire, and never stop its producer. */
  #maySkipTo(): boolean {
    const { isSwitching, life, limits, observers, out, over } = this.#to;
    if (life.phase !== "live" || over !== null || isSwitching) return false;
    if (life.sending !== "open" && life.sending !== "held") return false;
    if (out.pending !== this.#heldBytes || out.hasRiders || observers.seeEach) return false;
    return limits.writeHigh >= SHORTCUT_HOLDS_MIN;
  }

  #enter(): void {
    const read = this.#shortcut?.takeRead() ?? 0;
    const sent = this.#shortcut?.takeSent() ?? 0;
    if (read > 0) this.#enterRead(read);
    if (sent > 0) this.#enterSent(sent);
  }

  #enterRead(byteCount: number): void {
    this.#from.in.pass(byteCount);
    this.#from.bounds.received();
    this.#from.observers.counted("in", byteCount);
    this.#heldBytes += byteCount;
    this.#to.out.pass(byteCount);
    this.#to.bounds.queued();
    this.#to.observers.counted("out", byteCount);
  }

  #enterSent(byteCount: number): void {
    this.#heldBytes -= byteCount;
    this.#carriedBytes += byteCount;
    this.#to.out.sent(byteCount);
    this.#to.bounds.sent(this.#to.out.pending > 0);
  }
}
