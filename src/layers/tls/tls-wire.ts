import type { TLSSocket } from "node:tls";
import type {
  Address,
  Bytes,
  CloseCause,
  CloseReason,
  PushProducer,
  Transport,
} from "../../contract/index.ts";
import { isAbortable, isHalfCloseable } from "../../contract/index.ts";
import type { Facts, FlowCalls, Wire } from "../../flow/index.ts";
import { whenSent } from "../../flow/index.ts";
import { Ciphertext } from "./ciphertext.ts";
import type { Handshake } from "./handshake.ts";
import { endedInHandshake, handshakeFailed, sessionFailed, truncated } from "./tls-causes.ts";
import type { TlsSession } from "./tls-session.ts";
import { sessionOf } from "./tls-session.ts";

/** How long, at most, a peer may take to end a connection that TLS has given up. */
const LAST_WORDS_MS = 2000;

/**
 * Node's TLS engine as a wire: plaintext above, the transport beneath as its one push producer.
 *
 * The engine always reads; holding back is done beneath, so that nothing waits in here, and the
 * engine's end means our peer's end mark when it comes before the end of the transport.
 */
export class TlsWire implements Wire, PushProducer {
  readonly host: Address;
  readonly peer: Address;
  readonly #lower: Transport;
  readonly #facts: Facts;
  readonly #upper: () => FlowCalls;
  readonly #ciphertext: Ciphertext;
  #socket: TLSSocket | null = null;
  #session: TlsSession | null = null;
  /** Given by flow while the transport beneath had enough. */
  #waiting: readonly Bytes[] | null = null;
  #isHeld = false;
  #isOpen = false;
  #isOver = false;
  #hasPeerEnded = false;
  #hasSendingEnded = false;
  #firstEnd: "us" | "peer" | null = null;
  /** Why TLS itself cannot go on. */
  #failure: CloseCause | null = null;
  #isLetGo = false;
  #hasLowerEnded = false;
  #lowerReason: CloseReason | null = null;
  #isSettleDue = false;
  #lingerFromMs = 0;
  #isEndAsked = false;
  /** Runs while the last thing to do is to get our end mark out. */
  #lastWords: Disposable | null = null;

  /** @param upper the flow above, once it is there. */
  constructor(lower: Transport, facts: Facts, upper: () => FlowCalls) {
    this.host = lower.getHost();
    this.peer = lower.getPeer();
    this.#lower = lower;
    this.#facts = facts;
    this.#upper = upper;
    this.#ciphertext = new Ciphertext(lower, this.#endMarkWritten);
  }

  /** What the handshake settled; there from `opened` on. */
  get session(): TlsSession {
    if (this.#session === null) throw new RangeError("Cannot tell the session: no handshake yet");
    return this.#session;
  }

  begin(handshake: Handshake): void {
    this.#lower.registerProducer(this, true);
    handshake(this.#ciphertext, { secure: this.#secured, failed: this.#handshakeFailed });
  }

  send(chunks: readonly Bytes[]): void {
    if (this.#isHeld) this.#waiting = chunks;
    else this.#encrypt(chunks);
  }

  endSending(): void {
    this.#firstEnd ??= "us";
    this.#isEndAsked = true;
    this.#socket?.end();
  }

  pauseReading(): void {
    this.#lower.pauseProducing();
  }

  resumeReading(): void {
    this.#lower.resumeProducing();
  }

  /**
   * After both ends the transport beneath has what is left of the bounds above to end, too. Before
   * that a bound has passed: the peer is told of our end if it was not yet, and no answer is
   * awaited.
   */
  close(): void {
    this.#isLetGo = true;
    const { limits, runtime } = this.#upper();
    const isComplete = this.#hasPeerEnded && this.#hasSendingEnded;
    const spentMs = runtime.clock.now() - this.#lingerFromMs;
    const leftMs = isComplete ? Math.max(0, limits.lingerTotalMs - spentMs) : 0;
    this.#lower.setLimits({
      lingerIdleMs: Math.min(limits.lingerIdleMs, leftMs),
      lingerTotalMs: leftMs,
    });
    if (this.#owesEndMark) {
      this.#socket?.end();
      this.#lastWords = runtime.clock.after(LAST_WORDS_MS, () => this.#loseLower());
    } else {
      setImmediate(() => this.#loseLower());
    }
  }

  abort(): void {
    this.#isLetGo = true;
    if (this.#lowerReason !== null) this.#settleLater();
    else this.#cutLower();
  }

  pauseProducing(): void {
    this.#isHeld = true;
  }

  resumeProducing(): void {
    this.#isHeld = false;
    const chunks = this.#waiting;
    this.#waiting = null;
    if (chunks !== null) this.#encrypt(chunks);
  }

  /** The transport beneath takes no more; it tells why by itself. */
  stopProducing(): void {}

  /** @returns whether nothing of `chunk` is kept. */
  lowerReceived(chunk: Bytes): boolean {
    return this.#ciphertext.arrived(chunk);
  }

  lowerReadEnded(): void {
    this.#hasLowerEnded = true;
    this.#settleLater();
  }

  lowerSendingEnded(): void {
    if (this.#isOpen && this.#failure === null) this.#sendingEnded();
  }

  lowerLost(reason: CloseReason): void {
    this.#lowerReason = reason;
    this.#lastWords?.[Symbol.dispose]();
    if (reason.kind === "done") this.#hasLowerEnded = true;
    this.#settleLater();
  }

  /** In a turn of its own: the engine calls from the middle of its work. */
  readonly #secured = (socket: TLSSocket): void => {
    this.#socket = socket;
    socket.on("error", this.#sessionFailed);
    socket.on("end", this.#peerEnded);
    socket.disableRenegotiation();
    this.#lower.pauseProducing();
    setImmediate(() => {
      if (this.#isOver || this.#isLetGo || this.#failure !== null) return;
      if (this.#lowerReason !== null && this.#lowerReason.kind !== "done") return;
      this.#session = sessionOf(socket);
      this.#isOpen = true;
      this.#facts.opened();
      socket.on("data", this.#decrypted);
      if (socket.readableEnded) this.#peerEnded();
    });
  };

  readonly #handshakeFailed = (error: Error): void => {
    const isRefused = this.#fail(handshakeFailed(error, this.peer));
    if (!isRefused) return;
    // What the engine found has an alert on its way; what Node found after it has none, and whoever
    // is not who it should be is not talked to.
    if (hasAlert(error)) this.#dismissLower();
    else this.#cutLower();
  };

  readonly #sessionFailed = (error: Error): void => {
    if (!this.#isOpen) this.#handshakeFailed(error);
    else if (this.#fail(sessionFailed(error, this.peer))) this.#dismissLower();
  };

  readonly #decrypted = (chunk: Buffer): void => {
    if (this.#isOver || this.#failure !== null) return;
    this.#facts.received(pinsTooMuch(chunk) ? new Uint8Array(chunk) : chunk);
  };

  readonly #peerEnded = (): void => {
    if (!this.#isOpen || this.#isOver || this.#failure !== null || this.#hasPeerEnded) return;
    this.#hasPeerEnded = true;
    this.#firstEnd ??= "peer";
    this.#facts.peerEnded();
  };

  /** Our end mark is on its way: with it goes our end, where the transport has one. */
  readonly #endMarkWritten = (): void => {
    if (this.#isLetGo) {
      if (this.#lastWords !== null) this.#loseLower();
      return;
    }
    this.#lower.unregisterProducer();
    if (isHalfCloseable(this.#lower)) this.#lower.loseWriteConnection();
    else whenSent(this.#lower, (wasSent) => wasSent && setImmediate(() => this.#sendingEnded()));
  };

  /** An end mark behind bytes that never left would tell the peer that it has everything. */
  get #owesEndMark(): boolean {
    const isDone = this.#isEndAsked || this.#hasSendingEnded || this.#lowerReason !== null;
    return this.#isOpen && !isDone && this.#waiting === null && this.#failure === null;
  }

  #sendingEnded(): void {
    if (this.#hasSendingEnded || this.#isOver) return;
    this.#hasSendingEnded = true;
    this.#lingerFromMs = this.#upper().runtime.clock.now();
    this.#facts.sendingEnded();
  }

  #encrypt(chunks: readonly Bytes[]): void {
    const socket = this.#socket;
    if (socket === null || this.#failure !== null) return;
    const last = chunks.length - 1;
    let byteCount = 0;
    const sent = (error?: Error | null): void => {
      if (!error && !this.#isOver && this.#failure === null) this.#facts.sent(byteCount);
    };
    if (last > 0) socket.cork();
    for (const [index, chunk] of chunks.entries()) {
      byteCount += chunk.byteLength;
      socket.write(chunk, index === last ? sent : undefined);
    }
    if (last > 0) socket.uncork();
  }

  /** False when it has failed before, or is ending anyway. */
  #fail(cause: CloseCause): boolean {
    if (this.#failure !== null || this.#isOver || this.#isLetGo) return false;
    this.#failure = cause;
    return true;
  }

  /** Lets the last words, such as an alert, out, and does not wait long for an answer. */
  #dismissLower(): void {
    const { lingerIdleMs, lingerTotalMs } = this.#upper().limits;
    this.#lower.setLimits({
      stallMs: LAST_WORDS_MS,
      lingerIdleMs: Math.min(LAST_WORDS_MS, lingerIdleMs),
      lingerTotalMs: Math.min(LAST_WORDS_MS, lingerTotalMs),
    });
    this.#loseLower();
  }

  #loseLower(): void {
    this.#lastWords?.[Symbol.dispose]();
    if (this.#lowerReason !== null) {
      this.#settleLater();
      return;
    }
    this.#lower.unregisterProducer();
    this.#lower.loseConnection();
  }

  #cutLower(): void {
    if (isAbortable(this.#lower)) this.#lower.abortConnection();
    else this.#loseLower();
  }

  /** What the end beneath means is known when the engine has worked through what came before it. */
  #settleLater(): void {
    if (this.#isSettleDue) return;
    this.#isSettleDue = true;
    setImmediate(() => {
      this.#isSettleDue = false;
      if (this.#isOver) return;
      const isWorking = this.#ciphertext.readableLength + (this.#socket?.readableLength ?? 0) > 0;
      const isCut = this.#failure !== null || this.#isLetGo || this.#ciphertext.destroyed;
      const isComing = this.#socket !== null && !this.#isOpen;
      const isLost = this.#lowerReason !== null && this.#lowerReason.kind !== "done";
      if (!isCut && (isWorking || (isComing && !isLost))) this.#settleLater();
      else this.#settle();
    });
  }

  #settle(): void {
    if (!this.#isOpen && this.#hasLowerEnded && this.#fail(endedInHandshake(this.peer))) {
      this.#dismissLower();
    } else if (this.#isOpen && this.#hasLowerEnded && !this.#hasPeerEnded) {
      // Without its mark the peer's end may be anybody's; after our own close that is no matter.
      if (this.#upper().isLosing) this.#peerEnded();
      else if (this.#fail(truncated(this.peer))) this.#dismissLower();
    }
    if (this.#lowerReason !== null) this.#endWith(this.#lowerReason);
  }

  #endWith(via: CloseReason): void {
    if (this.#failure !== null) {
      this.#over({ ...this.#failure, via });
      return;
    }
    const isInOrder = via.kind === "done" || this.#hasSendingEnded;
    if (this.#hasPeerEnded && isInOrder && !this.#isLetGo) {
      // Both ends are there. Flow lets go when its protocol has read everything.
      this.#sendingEnded();
      return;
    }
    const { ledger: _, via: __, ...cause } = via;
    if (!this.#isOpen && cause.kind !== "aborted") {
      this.#over({ ...endedInHandshake(this.peer, via), via });
    } else if (cause.kind === "done") {
      this.#over({ kind: "done", by: this.#firstEnd ?? cause.by, via });
    } else {
      this.#over({ ...cause, via });
    }
  }

  #over(cause: CloseCause): void {
    this.#isOver = true;
    this.#socket?.destroy();
    this.#ciphertext.destroy();
    this.#facts.over(cause);
  }
}

function hasAlert(error: Error): boolean {
  return String(Reflect.get(error, "code")).startsWith("ERR_SSL_");
}

/** Whether keeping `chunk` would keep much more memory alive. */
function pinsTooMuch(chunk: Bytes): boolean {
  return chunk.buffer.byteLength > (chunk.byteLength < 4 * 1024 ? 16 * 1024 : 256 * 1024);
}
