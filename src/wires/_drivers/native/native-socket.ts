import type { Address, Bytes } from "../../../contract/index.ts";
import type { Facts } from "../../../flow/index.ts";
import { systemRuntime } from "../../../flow/index.ts";
import { causeOfLoss } from "../errno.ts";
import type { Ends, RawSocket, SocketWire } from "../raw-socket.ts";
import type { Reactor, SlotHolder, Staged } from "./reactor.ts";
import { systemError } from "./system-error.ts";

/** What is sent, and nothing. */
const NOTHING: readonly Bytes[] = [];

/**
 * A connected socket in a slot of the reactor, as a wire: verbs and facts, no decisions.
 *
 * Nothing is read before flow asks. When it fails, what the system still holds is read first.
 */
export class NativeSocket implements RawSocket, SocketWire, SlotHolder {
  ends: Ends | null;
  readonly #reactor: Reactor;
  readonly #slot: number;
  #facts: Facts | null = null;
  #outgoing: readonly Bytes[] = NOTHING;
  /** The chunk of `#outgoing` that is next, and how much of it went. */
  #next = 0;
  #offset = 0;
  /** Bytes of the staged send, and where it is staged. */
  #stagedBytes = 0;
  #stagedAt = -1;
  #hasPeerEnded = false;
  /** The slot is closed, or about to be: nothing of it is told any more. */
  #isReleased = false;
  /** Why it failed before anybody had its wire. */
  #earlyErrno = 0;

  constructor(reactor: Reactor, slot: number, ends: Ends | null) {
    this.#reactor = reactor;
    this.#slot = slot;
    this.ends = ends;
    reactor.hold(slot, this);
  }

  get driver(): "native" {
    return "native";
  }

  get host(): Address {
    return (this.ends as Ends).host;
  }

  get peer(): Address {
    return (this.ends as Ends).peer;
  }

  wire(facts: Facts, ends: Ends): SocketWire {
    this.#facts = facts;
    this.ends = ends;
    return this;
  }

  discard(): void {
    this.#release(false);
  }

  setNoDelay(enabled: boolean): boolean {
    if (this.#isReleased) return false;
    return this.#reactor.addon.setNoDelay(this.#slot, enabled) === 0;
  }

  setKeepAlive(enabled: boolean, delayMs: number): boolean {
    if (this.#isReleased) return false;
    const delaySeconds = Math.round(delayMs / 1000);
    return this.#reactor.addon.setKeepAlive(this.#slot, enabled, delaySeconds) === 0;
  }

  keepProcess(keeps: boolean): void {
    if (!this.#isReleased) this.#reactor.addon.keepProcess(this.#slot, keeps);
  }

  open(): void {
    this.#facts?.opened();
    const errno = this.#earlyErrno;
    if (errno !== 0) systemRuntime().turn.later(() => this.failed(errno));
  }

  send(chunks: readonly Bytes[]): void {
    if (this.#isReleased) return;
    this.#outgoing = chunks;
    this.#next = 0;
    this.#offset = 0;
    this.#stage();
  }

  endSending(): void {
    if (!this.#isReleased) this.#reactor.end(this.#slot, this);
  }

  pauseReading(): void {
    if (!this.#isReleased && !this.#hasPeerEnded) this.#reactor.pause(this.#slot);
  }

  resumeReading(): void {
    if (!this.#isReleased && !this.#hasPeerEnded) this.#reactor.resume(this.#slot);
  }

  close(): void {
    this.#leave(false);
  }

  abort(): void {
    this.#leave(true);
  }

  unacknowledged(): number | undefined {
    if (this.#isReleased) return undefined;
    const count = this.#reactor.addon.unacknowledged(this.#slot);
    return count < 0 ? undefined : count;
  }

  received(chunk: Bytes): void {
    this.#facts?.received(chunk);
  }

  ended(): void {
    this.#hasPeerEnded = true;
    this.#facts?.peerEnded();
  }

  writable(): void {
    this.#stage();
  }

  ran(result: number): void {
    if (this.#isReleased) return;
    if (this.#stagedAt >= 0) this.#sent(result);
    else this.#facts?.sendingEnded();
  }

  failed(errno: number): void {
    if (this.#isReleased) return;
    if (this.#facts === null) {
      this.#earlyErrno = errno;
      return;
    }
    if (!this.#hasPeerEnded) this.#readRest();
    if (this.#isReleased) return;
    this.#release(false);
    this.#facts.over(causeOfLoss(systemError(errno, "read"), this.peer));
  }

  #stage(): void {
    if (this.#isReleased || this.#outgoing === NOTHING) return;
    this.#reactor.send(this.#slot, this, this.#outgoing, this.#next, this.#offset, staged);
    this.#stagedAt = staged.at;
    this.#stagedBytes = staged.bytes;
  }

  /** What did not fit in the tables goes next; what the system did not take, when it is writable. */
  #sent(result: number): void {
    const wasTaken = result === this.#stagedBytes;
    this.#stagedAt = -1;
    if (result < 0) {
      this.failed(-result);
      return;
    }
    this.#advance(result);
    if (wasTaken && this.#outgoing !== NOTHING) this.#stage();
    if (result > 0) this.#facts?.sent(result);
  }

  #advance(byteCount: number): void {
    let left = byteCount;
    while (this.#next < this.#outgoing.length) {
      const size = (this.#outgoing[this.#next] as Bytes).length - this.#offset;
      if (left < size) {
        this.#offset += left;
        return;
      }
      left -= size;
      this.#next += 1;
      this.#offset = 0;
    }
    this.#outgoing = NOTHING;
  }

  /** The system may hold what the peer sent before it reset. */
  #readRest(): void {
    for (;;) {
      const into = new Uint8Array(REST_BYTES);
      const got = this.#reactor.addon.readNow(this.#slot, into);
      if (got <= 0 || this.#isReleased) return;
      this.#facts?.received(into.subarray(0, got));
    }
  }

  #leave(resets: boolean): void {
    this.#release(resets);
    systemRuntime().turn.later(() => this.#facts?.over());
  }

  #release(resets: boolean): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    if (this.#stagedAt >= 0) this.#reactor.cancel(this.#stagedAt, this);
    this.#outgoing = NOTHING;
    if (resets) this.#reactor.reset(this.#slot);
    else this.#reactor.close(this.#slot);
  }
}

const staged: Staged = { at: -1, bytes: 0 };
const REST_BYTES = 64 * 1024;
