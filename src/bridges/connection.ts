import type {
  Address,
  Bytes,
  ClosedError,
  CloseReason,
  Protocol,
  Runtime,
  Transport,
} from "../contract/index.ts";
import {
  BusyError,
  DEFAULT_LIMITS,
  isAbortable,
  isBytes,
  isHalfCloseable,
  UnsupportedError,
} from "../contract/index.ts";
import { observe, systemRuntime } from "../flow/index.ts";
import { cut } from "./cut.ts";
import { handled } from "./handled.ts";
import { Inbox } from "./inbox.ts";
import { Outbox } from "./outbox.ts";
import type { ClosedState } from "./refusal.ts";
import { closedError, lossError } from "./refusal.ts";
import { rejected, Waiter, withSignal } from "./waiter.ts";

export interface ConnectionOptions {
  /** Unread bytes above which the transport is paused. Default 256 KiB. */
  readonly readHigh?: number;
  /** Unread bytes at or below which it goes on. Default 64 KiB. */
  readonly readLow?: number;
  /** Whose time to use. Default: the system's. */
  readonly runtime?: Runtime;
}

/** What every call that waits takes. Aborting rejects it with the signal's reason. */
export interface WaitOptions {
  readonly signal?: AbortSignal;
}

export interface CloseOptions extends WaitOptions {
  /**
   * How long an orderly close may take in all before the connection is cut. Default: no limit but
   * those of the transport, which cut a peer that makes no progress, and not one that is slow.
   */
  readonly graceMs?: number;
}

/**
 * A connection as JavaScript has them: `send` waits for room, `for await` reads, `close` ends.
 *
 * It is a protocol: `endpoint.connect(new Connection())` makes one, and so does `connect`. Reading
 * and writing are back-pressured; unread bytes stay below `readHigh` plus one chunk. No promise of
 * its methods ever becomes an unhandled rejection: one that nobody looks at is silent.
 *
 * The peer's end ends the reading, not the sending. Bytes that came before a loss are read before
 * it is reported.
 */
export class Connection<T extends Transport = Transport>
  implements Protocol<T>, AsyncIterable<Bytes>, AsyncDisposable
{
  /** Settles, and never rejects, when the connection is over, whoever holds it then. */
  readonly closed: Promise<CloseReason>;
  readonly #runtime: Runtime;
  readonly #inbox: Inbox;
  readonly #outbox = new Outbox();
  #settleClosed!: (reason: CloseReason) => void;
  #transport: T | null = null;
  #reason: CloseReason | null = null;
  /** The peer takes no more, or has all that was sent before `end`. */
  #isSendingOver = false;
  /** What a second connection was refused with; its end is not ours. */
  #refused: BusyError | null = null;
  /** Not handed over. */
  #isOurs = true;
  /** Closed or aborted by us. */
  #isClosing = false;
  #ending: Waiter<void> | null = null;
  #graces: Disposable[] = [];

  /** @throws {RangeError} when the marks are no sizes, or the low one is above the high one. */
  constructor(options: ConnectionOptions = {}) {
    const { readHigh = DEFAULT_LIMITS.readHigh } = options;
    const { readLow = Math.min(DEFAULT_LIMITS.readLow, readHigh) } = options;
    if (!(readLow >= 0 && readLow <= readHigh)) {
      throw new RangeError("Cannot make a connection: readLow must be from 0 to readHigh");
    }
    this.#runtime = options.runtime ?? systemRuntime();
    this.#inbox = new Inbox(
      { readHigh, readLow },
      {
        pause: () => this.transport.pauseProducing(),
        resume: () => {
          if (this.#reason === null) this.transport.resumeProducing();
        },
      },
    );
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
  }

  /**
   * The way down. It is this connection's: pause it, register with it or close it only here.
   *
   * @throws {ClosedError} ERR_WIRE_CLOSED before the connection is made.
   */
  get transport(): T {
    if (this.#transport !== null) return this.#transport;
    throw this.#closedError("use the transport");
  }

  get peer(): Address {
    return this.transport.getPeer();
  }

  get host(): Address {
    return this.transport.getHost();
  }

  /** How many bytes have come in and were not read. */
  get unreadBytes(): number {
    return this.#inbox.byteLength;
  }

  /**
   * Sends `data`, text as UTF-8, behind all that was sent before; resolves when there is room for
   * more.
   *
   * Calls that do not wait for each other keep their order. Once this has returned, the bytes are
   * accepted: a signal ends the waiting and takes nothing back.
   * **Not promised:** that the peer has them. After `close` or `end` it waits until they are sent.
   *
   * @param data bytes are borrowed as `Transport.write` borrows: do not change them before
   *   `flushed`.
   * @throws {TypeError} at once, when `data` is neither.
   * @throws {ClosedError} ERR_WIRE_CLOSED when it is closed, or lost while waiting; `cause` says
   *   why.
   */
  send(data: Bytes | string, { signal }: WaitOptions = {}): Promise<void> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    if (!isBytes(bytes)) throw new TypeError("send() takes a Uint8Array or a string");
    if (signal?.aborted === true) return rejected(signal.reason);
    if (!this.#maySend) return rejected(this.#closedError("send"));
    try {
      this.transport.write(bytes);
    } catch (error) {
      return rejected(error);
    }
    return this.#outbox.room(signal);
  }

  /**
   * The next bytes, as they came; `null` at the peer's end. They are yours for ever.
   *
   * @throws {BusyError} ERR_WIRE_BUSY while another call waits.
   * @throws {ClosedError} ERR_WIRE_CLOSED after `close`, `abort` or `switchProtocol`.
   * @throws {WireError} the code of the reason, when the connection was lost before the peer's end.
   */
  read({ signal }: WaitOptions = {}): Promise<Bytes | null> {
    return this.#inbox.read(signal);
  }

  /** Puts `data` back: it is read again, before all else. After `close` it is gone. */
  unread(data: Bytes): void {
    if (!isBytes(data)) throw new TypeError("unread() takes a Uint8Array");
    if (data.byteLength > 0 && this.#isOurs && !this.#isClosing) this.#inbox.unread(data);
  }

  /**
   * Reads until the peer's end. Breaking off loses nothing: reading may go on. Throws as `read`
   * does.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Bytes, void, void> {
    const step = async (): Promise<IteratorResult<Bytes, void>> => {
      const value = await this.read();
      return value === null ? { done: true, value: undefined } : { done: false, value };
    };
    return {
      next: () => handled(step()),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /**
   * Ends our direction when all is sent, and resolves then; reading goes on.
   *
   * Called twice: the same promise.
   *
   * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED on a wire without half-close; nothing happens.
   * @throws {ClosedError} ERR_WIRE_CLOSED when closed, or lost first.
   */
  end({ signal }: WaitOptions = {}): Promise<void> {
    if (this.#ending === null) {
      if (!this.#maySend) return rejected(this.#closedError("end the sending"));
      const transport: Transport = this.transport;
      if (!isHalfCloseable(transport)) {
        const why = "this wire ends both directions at once; use close()";
        return rejected(new UnsupportedError("end the sending", why, { address: this.peer }));
      }
      this.#ending = new Waiter<void>(undefined, () => undefined);
      this.#stopSending();
      transport.loseWriteConnection();
    }
    return withSignal(this.#ending.promise, signal);
  }

  /** Settles as `Transport.flushed` does: all that was sent before has left. */
  flushed({ signal }: WaitOptions = {}): Promise<void> {
    return withSignal(this.transport.flushed(), signal);
  }

  /**
   * Closes the connection once all is sent, and resolves when it is over. What was not read is
   * lost.
   *
   * It always ends: in order, at a limit of the transport, or cut after `graceMs`. A signal ends
   * the waiting, not the close. Called again: waits for the same, and a shorter grace counts.
   * After `switchProtocol` it only waits.
   *
   * @throws {RangeError} at once, when `graceMs` is no number of at least 0.
   * @throws {ClosedError} ERR_WIRE_CLOSED before the connection is made.
   */
  close({ graceMs = Infinity, signal }: CloseOptions = {}): Promise<CloseReason> {
    if (!(graceMs >= 0)) throw new RangeError("close() takes a graceMs of at least 0");
    if (this.#transport === null) return rejected(this.#closedError("close"));
    if (this.#reason === null && this.#isOurs) {
      this.#beginClose();
      if (graceMs !== Infinity) {
        this.#graces.push(this.#runtime.clock.after(graceMs, () => cut(this.transport)));
      }
    }
    return withSignal(this.closed, signal);
  }

  /**
   * Cuts the connection at once; what was neither sent nor read is lost. `closed` tells the end.
   *
   * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED on a wire that cannot.
   */
  abort(): void {
    if (this.#reason !== null || !this.#isOurs) return;
    const transport: Transport = this.transport;
    if (!isAbortable(transport)) {
      const why = "this wire has no capability abort; use close()";
      throw new UnsupportedError("abort the connection", why, { address: this.peer });
    }
    this.#isClosing = true;
    transport.abortConnection();
    this.#inbox.discard(() => this.#closedError("read"));
  }

  /**
   * Gives the connection to another protocol, with all that was not read as its early bytes.
   *
   * This object is closed from then on; only `closed` still tells the end.
   *
   * @throws {ClosedError} ERR_WIRE_CLOSED on a closing or ended connection; nothing happens.
   * @throws {BusyError} ERR_WIRE_BUSY when an earlier switch has not taken effect yet.
   * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED when the transport is not made by flow.
   * @see Transport.switchProtocol
   */
  switchProtocol(next: Protocol<T>): void {
    if (!this.#isOurs || this.#isClosing) throw this.#closedError("switch the protocol");
    const watch = observe(this.transport, { ended: (reason) => this.#settleClosed(reason) });
    try {
      // A flow gives `next` the very transport it gave this one, so a protocol of T is safe.
      this.transport.switchProtocol(next as Protocol, this.#inbox.peekAll());
    } catch (error) {
      watch[Symbol.dispose]();
      throw error;
    }
    this.#isOurs = false;
    this.#roomWhenFlushed();
    this.#inbox.discard(() => this.#closedError("read"));
  }

  /** `close()`; after `switchProtocol` nothing, since nothing is held. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOurs) await this.close();
  }

  /** For the transport. */
  connectionMade(transport: T): void {
    if (this.#transport !== null) {
      this.#refused = new BusyError("connect", "this Connection has one already; use another");
      throw this.#refused;
    }
    this.#transport = transport;
    this.#outbox.isRegistered = true;
    transport.registerProducer(this.#outbox, true);
  }

  /** For the transport. */
  dataReceived(data: Bytes): void {
    if (this.#isOurs && !this.#isClosing) this.#inbox.receive(data);
  }

  /** For the transport. */
  readConnectionLost(): void {
    this.#inbox.end("inOrder");
  }

  /** For the transport. */
  writeConnectionLost(): void {
    this.#isSendingOver = true;
    this.#sendingEnded(this.transport.ledger.unsent === 0);
  }

  /** For the transport. */
  connectionLost(reason: CloseReason): void {
    if (this.#refused !== null && reason.error === this.#refused) return;
    this.#reason = reason;
    for (const grace of this.#graces) grace[Symbol.dispose]();
    this.#graces = [];
    this.#sendingEnded(reason.kind === "done" && reason.ledger.unsent === 0);
    const peer = this.transport.getPeer();
    this.#inbox.end(reason.kind === "done" ? "inOrder" : () => lossError(reason, peer));
    this.#settleClosed(reason);
  }

  get #maySend(): boolean {
    const isOpen = this.#isOurs && !this.#isClosing && this.#reason === null;
    return isOpen && !this.#isSendingOver && this.#ending === null && this.#transport !== null;
  }

  #beginClose(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#stopSending();
    this.transport.loseConnection();
    this.#inbox.discard(() => this.#closedError("read"));
  }

  #stopSending(): void {
    if (this.#outbox.isRegistered) this.transport.unregisterProducer();
    this.#outbox.isRegistered = false;
    this.#roomWhenFlushed();
  }

  /** No room will be told any more: who waits for it learns instead when all was sent, or lost. */
  #roomWhenFlushed(): void {
    if (!this.#outbox.isAwaited) return;
    this.transport.flushed().then(
      () => this.#outbox.resumeProducing(),
      () => this.closed.then(() => this.#outbox.fail(() => this.#closedError("send"))),
    );
  }

  #sendingEnded(wasAllSent: boolean): void {
    if (wasAllSent) {
      this.#outbox.resumeProducing();
      this.#ending?.resolve();
    } else {
      this.#outbox.fail(() => this.#closedError("send"));
      this.#ending?.reject(this.#closedError("end the sending"));
    }
  }

  #closedError(attempt: string): ClosedError {
    return closedError(attempt, this.#reason ?? this.#state, this.#transport?.getPeer());
  }

  get #state(): ClosedState {
    if (this.#transport === null) return "unmade";
    if (!this.#isOurs) return "handedOver";
    if (this.#isClosing) return "closing";
    return this.#ending === null ? "refused" : "ended";
  }
}
