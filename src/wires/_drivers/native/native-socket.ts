import type { Address, Bytes } from "../../../contract/index.ts";
import type { Facts, Rider, Shortcut, ShortcutFacts, Wire } from "../../../flow/index.ts";
import { systemRuntime } from "../../../flow/index.ts";
import { causeOfLoss } from "../errno.ts";
import type { Ends, RawSocket, SocketWire } from "../raw-socket.ts";
import { socketClosed, socketOpened } from "../young-collection.ts";
import { ArrivedDescriptor, DescriptorRider } from "./descriptor-rider.ts";
import { NativeShortcut } from "./native-shortcut.ts";
import type { Reactor } from "./reactor.ts";
import { keptApart, REST_BYTES } from "./rest.ts";
import type { SlotHolder } from "./slot-holder.ts";
import type { OutletFacts } from "./slot-outlet.ts";
import { SlotOutlet } from "./slot-outlet.ts";
import { systemError } from "./system-error.ts";

/**
 * What tells our end: its close, where nobody else has the socket; a shutdown, where others may
 * keep it open; nothing, where they go on to use it.
 */
export type SocketEnding = "close" | "shutdown" | "leave";

/** Of a socket that comes from elsewhere. */
export interface SocketOrigin {
  /** Read before it came here. */
  readonly early?: Bytes | undefined;
  readonly ending?: SocketEnding;
}

/**
 * A connected socket in a slot of the reactor, as a wire: verbs and facts, no decisions.
 *
 * Nothing is read before flow asks. When it fails, what the system still holds is read first.
 */
export class NativeSocket implements RawSocket, SocketWire, SlotHolder, OutletFacts {
  ends: Ends | null;
  readonly #reactor: Reactor;
  readonly #slot: number;
  readonly #early: Bytes | undefined;
  readonly #ending: SocketEnding;
  #facts: Facts | null = null;
  /** While something is to be sent. */
  #outlet: SlotOutlet | null = null;
  #hasPeerEnded = false;
  /** The slot is closed, or about to be: nothing of it is told any more. */
  #isReleased = false;
  /** What is carried here from another slot. */
  #inlet: NativeShortcut | null = null;
  /** Why it failed before anybody had its wire. */
  #earlyErrno = 0;

  constructor(
    reactor: Reactor,
    slot: number,
    ends: Ends | null,
    { early, ending = "close" }: SocketOrigin = FROM_HERE,
  ) {
    this.#reactor = reactor;
    this.#slot = slot;
    this.#early = early;
    this.#ending = ending;
    this.ends = ends;
    reactor.hold(slot, this);
    socketOpened();
  }

  get tellsParts(): true {
    return true;
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

  send(chunks: readonly Bytes[], riders?: readonly Rider[]): void {
    if (this.#isReleased) return;
    this.#outlet ??= SlotOutlet.lend(this.#reactor, this.#slot, this);
    this.#outlet.send(chunks, riders);
  }

  endSending(): void {
    if (this.#isReleased) return;
    // With both directions ended the close follows in this turn, and ends this one: a call less.
    const isLeft = this.#ending === "leave" || (this.#ending === "close" && this.#hasPeerEnded);
    if (isLeft) this.#reactor.confirm(this.#slot, this);
    else this.#reactor.end(this.#slot, this);
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

  received(chunk: Bytes): unknown {
    return this.#facts?.received(chunk);
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
    this.#outlet?.writable();
  }

  ran(result: number): void {
    if (this.#isReleased) return;
    if (this.#outlet?.isStaged === true) this.#outlet.ran(result);
    else this.#facts?.sendingEnded();
  }

  sent(byteCount: number): void {
    if (this.#outlet?.isDone === true) {
      this.#outlet.giveBack();
      this.#outlet = null;
    }
    this.#facts?.sent(byteCount);
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

  /** The system may hold what the peer sent before it reset. */
  #readRest(): void {
    const rights = new Int32Array(1 + RIGHTS_A_MESSAGE);
    for (;;) {
      const into = new Uint8Array(REST_BYTES);
      const got = this.#reactor.addon.readNow(this.#slot, into, rights);
      this.rightsReceived([...rights.subarray(1, 1 + (rights[0] as number))]);
      if (got <= 0 || this.#isReleased) return;
      this.#facts?.received(keptApart(into, got));
    }
  }

  #leave(resets: boolean): void {
    this.#release(resets);
    systemRuntime().turn.later(() => this.#facts?.over());
  }

  /** Nothing of the slot is told from here on. */
  #letGo(): void {
    this.#isReleased = true;
    socketClosed();
    this.#outlet?.stop();
    this.#outlet = null;
    this.#inlet?.letGo();
  }

  #release(resets: boolean): void {
    if (this.#isReleased) return;
    this.#letGo();
    if (resets) this.#reactor.reset(this.#slot);
    else this.#reactor.close(this.#slot);
  }
}

const FROM_HERE: SocketOrigin = {};

/** For who must see each byte cross, or doubts that this is right. */
function isShortcutOff(): boolean {
  return process.env["OVERWALL_SHORTCUT"] === "off";
}

/** So many descriptors come with one message at most. */
const RIGHTS_A_MESSAGE = 253;
