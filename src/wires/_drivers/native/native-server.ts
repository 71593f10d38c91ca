import type { Address } from "../../../contract/index.ts";
import type { Ends, RawServer, ServerSeat } from "../raw-socket.ts";
import { NativeSocket } from "./native-socket.ts";
import type { PeerName } from "./peer-names.ts";
import type { Reactor } from "./reactor.ts";
import type { SlotHolder } from "./slot-holder.ts";
import { systemError } from "./system-error.ts";

/** How long it waits after the system could not accept, for want of descriptors mostly. */
const RETRY_AFTER_MS = 100;

/**
 * A listening socket in a slot of the reactor: what it does not accept waits in the system's queue.
 */
export class NativeServer<A extends Address = Address> implements RawServer, SlotHolder {
  readonly host: A;
  readonly isPausable = true;
  readonly #reactor: Reactor;
  readonly #slot: number;
  readonly #endsOf: (slot: number, peer: PeerName) => Ends | null;
  #seat: ServerSeat | null = null;
  #isPaused = false;
  #isClosed = false;
  #retry: NodeJS.Timeout | null = null;

  constructor(
    reactor: Reactor,
    slot: number,
    host: A,
    endsOf: (slot: number, peer: PeerName) => Ends | null,
  ) {
    this.host = host;
    this.#reactor = reactor;
    this.#slot = slot;
    this.#endsOf = endsOf;
    reactor.hold(slot, this);
  }

  begin(seat: ServerSeat): void {
    this.#seat = seat;
    if (!this.#isPaused) this.#reactor.resume(this.#slot);
  }

  pause(): void {
    this.#isPaused = true;
    if (!this.#isClosed) this.#reactor.pause(this.#slot);
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.#isClosed && this.#seat !== null) this.#reactor.resume(this.#slot);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#reactor.close(this.#slot);
    this.#reactor.runStaged();
  }

  accepted(slot: number, name: PeerName): void {
    this.#seat?.arrived(new NativeSocket(this.#reactor, slot, this.#endsOf(slot, name)));
  }

  /** The reactor has paused it: it would be ready for ever. */
  notAccepted(errno: number): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = null;
      if (!this.#isPaused) this.resume();
    }, RETRY_AFTER_MS).unref();
    this.#seat?.failed(systemError(errno, "accept"));
  }

  failed(errno: number): void {
    this.#seat?.failed(systemError(errno, "listen"));
  }
}
