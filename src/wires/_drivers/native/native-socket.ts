import type { Address, Bytes } from "../../../contract/index.ts";
import type { Facts, Rider, Shortcut, ShortcutFacts, Wire } from "../../../flow/index.ts";
import { systemRuntime } from "../../../flow/index.ts";
import { causeOfLoss } from "../errno.ts";
import type { Ends, RawSocket, SocketWire } from "../raw-socket.ts";
import { ArrivedDescriptor, DescriptorRider } from "./descriptor-rider.ts";
import { NativeShortcut } from "./native-shortcut.ts";
import type { Reactor, SlotHolder, Staged } from "./reactor.ts";
import { systemError } from "./system-error.ts";

/** What is sent, and nothing. */
const NOTHING: readonly Bytes[] = [];
const NOBODY: readonly Rider[] = [];

/**
 * A connected socket in a slot of the reactor, as a wire: verbs and facts, no decisions.
 *
 * Nothing is read before flow asks. When it fails, what the system still holds is read first.
 */
export class NativeSocket implements RawSocket, SocketWire, SlotHolder {
  ends: Ends | null;
  readonly #reactor: Reactor;
  readonly #slot: number;
  readonly #early: Bytes | undefined;
  #facts: Facts | null = null;
  #outgoing: readonly Bytes[] = NOTHING;
  /** The chunk of `#outgoing` that is next, and how much of it went. */
  #next = 0;
  #offset = 0;
  /** What travels with the first bytes, one with each, and which is next. */
  #riders: readonly Rider[] = NOBODY;
  #nextRider = 0;
  /** Bytes of the staged send, and where it is staged. */
  #stagedBytes = 0;
  #stagedAt = -1;
  /** Waits until fewer descriptors are on their way. */
  #pause: Disposable | null = null;
  #hasPeerEnded = false;
  /** The slot is closed, or about to be: nothing of it is told any more. */
  #isReleased = false;
  /** What is carried here from another slot. */
  #inlet: NativeShortcut | null = null;
  /** Why it failed before anybody had its wire. */
  #earlyErrno = 0;

  /** @param early bytes that were read before it came here. */
  constructor(reactor: Reactor, slot: number, ends: Ends | null, early?: Bytes) {
    this.#reactor = reactor;
    this.#slot = slot;
    this.#early = early;
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

  riderOf(fd: number, settled: (hasLeft: boolean) => void): Rider | Error {
    const own = this.#reactor.addon.duplicate(fd);
    if (own < 0) return systemError(-own, "dup");
    return new DescriptorRider(this.#reactor.addon, own, settled);
  }

  detach(): number {
    if (this.#isReleased) return -1;
    this.#letGo();
    const fd = this.#reactor.detach(this.#slot);
    this.#facts?.over({ kind: "done", by: "us" });
    return fd;
  }

  open(): void {
    this.#facts?.opened();
    if (this.#early !== undefined && this.#early.byteLength > 0) this.#facts?.received(this.#early);
    const errno = this.#earlyErrno;
    if (errno !== 0) systemRuntime().turn.later(() => this.failed(errno));
  }

  send(chunks: readonly Bytes[], riders: readonly Rider[] = NOBODY): void {
    if (this.#isReleased) return;
    this.#riders = riders;
    this.#nextRider = 0;
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

  shortcutTo(onto: Wire, facts: ShortcutFacts): Shortcut | null {
    if (!(onto instanceof NativeSocket) || onto.#inlet !== null) return null;
    if (this.#isReleased || onto.#isReleased || isShortcutOff()) return null;
    onto.#inlet = new NativeShortcut(this.#reactor, this.#slot, onto.#slot, facts);
    return onto.#inlet;
  }

  carried(): void {
    this.#inlet?.facts.carried();
  }

  received(chunk: Bytes): void {
    this.#facts?.received(chunk);
  }

  rightsReceived(fds: readonly number[]): void {
    const { addon } = this.#reactor;
    for (const fd of fds) {
      const arrived = new ArrivedDescriptor(addon, fd);
      if (this.#isReleased || this.#facts?.brought === undefined) arrived.discard();
      else this.#facts.brought(arrived);
    }
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
    const rider = this.#riders[this.#nextRider];
    if (rider instanceof DescriptorRider) {
      const byte = (this.#outgoing[this.#next] as Bytes)[this.#offset] as number;
      this.#reactor.sendRight(this.#slot, this, byte, rider.fd, staged);
    } else {
      this.#reactor.send(this.#slot, this, this.#outgoing, this.#next, this.#offset, staged);
    }
    this.#stagedAt = staged.at;
    this.#stagedBytes = staged.bytes;
  }

  /**
   * What did not fit in the tables goes next; what the system did not take, when it is writable.
   */
  #sent(result: number): void {
    const wasTaken = result === this.#stagedBytes;
    this.#stagedAt = -1;
    if (result === -TOO_MANY_ON_THEIR_WAY) {
      this.#pause = systemRuntime().clock.after(RETRY_AFTER_MS, () => this.#stage());
      return;
    }
    if (result < 0) {
      this.failed(-result);
      return;
    }
    // The first byte of all takes its rider with it.
    if (result > 0 && this.#nextRider < this.#riders.length) this.#nextRider += 1;
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
    const rights = new Int32Array(1 + RIGHTS_A_MESSAGE);
    for (;;) {
      const into = new Uint8Array(REST_BYTES);
      const got = this.#reactor.addon.readNow(this.#slot, into, rights);
      this.rightsReceived([...rights.subarray(1, 1 + (rights[0] as number))]);
      if (got <= 0 || this.#isReleased) return;
      this.#facts?.received(into.subarray(0, got));
    }
  }

  #leave(resets: boolean): void {
    this.#release(resets);
    systemRuntime().turn.later(() => this.#facts?.over());
  }

  /** Nothing of the slot is told from here on. */
  #letGo(): void {
    this.#isReleased = true;
    this.#inlet?.letGo();
    this.#pause?.[Symbol.dispose]();
    if (this.#stagedAt >= 0) this.#reactor.cancel(this.#stagedAt, this);
    this.#outgoing = NOTHING;
    this.#riders = NOBODY;
  }

  #release(resets: boolean): void {
    if (this.#isReleased) return;
    this.#letGo();
    if (resets) this.#reactor.reset(this.#slot);
    else this.#reactor.close(this.#slot);
  }
}

/** For who must see each byte cross, or doubts that this is right. */
function isShortcutOff(): boolean {
  return process.env["OVERWALL_SHORTCUT"] === "off";
}

const staged: Staged = { at: -1, bytes: 0 };
const REST_BYTES = 64 * 1024;
/** So many descriptors come with one message at most. */
const RIGHTS_A_MESSAGE = 253;
/**
 * ETOOMANYREFS: so many descriptors of this user have left and not arrived; nothing tells when
 * fewer.
 */
const TOO_MANY_ON_THEIR_WAY = 109;
const RETRY_AFTER_MS = 20;
