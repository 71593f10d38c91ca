import type {
  Address,
  Bytes,
  Capability,
  CloseCause,
  ConnectionLimits,
  EndOfTurn,
  Ledger,
  Limits,
  Observer,
  Protocol,
  PullProducer,
  PushProducer,
  Runtime,
} from "../contract/index.ts";
import {
  BusyError,
  ClosedError,
  DEFAULT_LIMITS,
  ProducerRegisteredError,
  resolveLimits,
} from "../contract/index.ts";
import { Bounds } from "./bounds.ts";
import type { FlowCalls } from "./calls.ts";
import { passedWriteLimit, threw, wireBroke } from "./causes.ts";
import { defaultOnError } from "./default-on-error.ts";
import { guard } from "./guard.ts";
import { Inflow } from "./inflow.ts";
import { Life } from "./life.ts";
import { Observers } from "./observers.ts";
import { FLUSH_AT_ONCE_BYTES, Outflow } from "./outflow.ts";
import { ProtocolSeat } from "./protocol-seat.ts";
import { systemRuntime } from "./system-runtime.ts";
import { FlowTransport } from "./transport.ts";
import { Verdict } from "./verdict.ts";
import type { Facts, FlowOptions, Wire } from "./wire.ts";

/**
 * One connection: the hard half of a transport, decided once for all wires.
 *
 * Above it a {@link FlowTransport} passes on what the protocol asks; below it a {@link Wire} carries
 * out verbs and reports facts. What a call asks for is entered at once; what it causes happens at the
 * end of the turn, in `#settle`, so that no call of the protocol ever leads back into the protocol.
 */
export class Flow implements FlowCalls, Facts, EndOfTurn {
  readonly depth: number;
  readonly capabilities: ReadonlySet<Capability>;
  readonly transport: FlowTransport;
  readonly #wire: Wire;
  readonly #runtime: Runtime;
  readonly #observers: Observers;
  readonly #out: Outflow;
  readonly #in: Inflow;
  readonly #bounds: Bounds;
  readonly #life = new Life();
  readonly #verdict = new Verdict();
  readonly #seat: ProtocolSeat;
  readonly #lingers: boolean;
  #limits: Limits;
  #host!: Address;
  #peer!: Address;
  #isLosing = false;
  #isEndTurnDue = false;
  #isDeliveryDue = false;
  /** A protocol waits for its `connectionMade`. */
  #isSwitching = false;
  /** The wire is over; the end waits for what must be told before it. */
  #over: { readonly cause: CloseCause | undefined } | null = null;

  constructor(makeWire: (facts: Facts) => Wire, options: FlowOptions) {
    const onError = options.onError ?? defaultOnError;
    this.#limits = options.limits ?? DEFAULT_LIMITS;
    this.#runtime = options.runtime ?? systemRuntime();
    this.depth = options.depth ?? 0;
    this.capabilities = options.capabilities;
    this.#lingers = options.capabilities.has("linger");
    const { observer } = options;
    const first = typeof observer === "function" ? observer() : observer;
    this.#observers = new Observers(first, onError);
    this.#seat = new ProtocolSeat(options, onError, this.#fail);
    this.#wire = makeWire(this);
    this.#out = new Outflow(this.#wire, this.#observers, onError, this.#fail);
    this.#in = new Inflow(this.#wire);
    this.#bounds = new Bounds(this.#runtime.clock, this.#limits, this.#boundPassed);
    this.transport = options.transport?.(this) ?? new FlowTransport(this);
    if (options.handshakes === true) this.#bounds.handshake();
  }

  get host(): Address {
    return this.#host;
  }

  get peer(): Address {
    return this.#peer;
  }

  get ledger(): Ledger {
    const { accepted, sentCount: sent, unsent, dropped, inFlight } = this.#out;
    const { received, delivered, undelivered } = this.#in;
    return { accepted, sent, unsent, dropped, received, delivered, undelivered, inFlight };
  }

  write(chunks: readonly Bytes[], size: number): void {
    const { phase, sending } = this.#life;
    if (phase === "over") return;
    if (phase !== "live" || (sending !== "open" && sending !== "held")) {
      this.#out.drop(size);
      return;
    }
    const passesLimit = this.#out.passesLimit(size, this.#limits);
    this.#out.push(chunks, size);
    if (passesLimit) this.#failLater(passedWriteLimit(this.#limits.writeLimit, this.#out.pending));
    this.#bounds.queued();
    this.#out.pauseProducer(this.#limits.writeHigh);
    if (this.#out.queued > FLUSH_AT_ONCE_BYTES) this.#out.flush(this.#isLosing);
    this.#settleLater();
  }

  loseConnection(): void {
    if (this.#isLosing) return;
    this.#isLosing = true;
    this.#verdict.ended("us");
    if (!this.#life.step("lose") || this.#life.phase !== "live") return;
    this.#in.discard();
    this.#bounds.closing(this.#out.pending > 0);
    this.#releaseIfFree();
    this.#syncReading();
    this.#settleLater();
  }

  loseWriteConnection(): void {
    this.#verdict.ended("us");
    if (!this.#life.step("loseWrite") || this.#life.phase !== "live") return;
    this.#releaseIfFree();
    this.#settleLater();
  }

  abortConnection(): void {
    this.#leaveBecause({ kind: "aborted", by: "us" }, "abort");
  }

  /** Gives up a connection that has not opened yet: `begun` is told `error`, no protocol anything. */
  cancel(error: unknown): void {
    this.#seat.begin(error);
    this.abortConnection();
  }

  registerProducer(producer: PullProducer | PushProducer, streaming: boolean): void {
    if (this.#out.hasProducer) throw new ProducerRegisteredError();
    const { phase, sending } = this.#life;
    if (phase === "leaving" || phase === "over" || sending === "ending" || sending === "ended") {
      guard(() => producer.stopProducing(), this.#fail);
      return;
    }
    if (sending === "draining") this.#life.step("hold");
    this.#out.register(producer, streaming, this.#limits.writeHigh);
  }

  unregisterProducer(): void {
    if (!this.#out.unregister()) return;
    this.#releaseIfFree();
    this.#settleLater();
  }

  pauseReading(): void {
    if (this.#in.isPaused || this.#isLosing || this.#life.phase !== "live") return;
    this.#in.isPaused = true;
    this.#observers.paused("in");
    this.#syncReading();
  }

  resumeReading(): void {
    if (!this.#in.isPaused || this.#isLosing || this.#life.phase !== "live") return;
    this.#in.isPaused = false;
    this.#observers.resumed("in");
    if (this.#in.isEmpty && this.#life.reading === "open") this.#syncReading();
    else this.#deliverLater();
  }

  flushed(): Promise<void> {
    const settled = new Promise<void>((resolve, reject) => {
      this.whenSent((wasSent) => {
        if (wasSent) resolve();
        else reject(new ClosedError("flush what was written", { address: this.#host }));
      });
    });
    settled.catch(() => undefined);
    return settled;
  }

  /** Tells `told` once, when all that is queued now was sent, or is lost; at once where that is known. */
  whenSent(told: (wasSent: boolean) => void): void {
    const isKnown = this.#life.phase !== "live" && this.#out.unsent > 0;
    if (isKnown) told(false);
    else this.#out.whenSent(told);
  }

  switchProtocol(next: Protocol, early: Bytes | undefined): void {
    if (this.#life.phase !== "live" || this.#isLosing || this.#over !== null) {
      throw new ClosedError("switch the protocol", { address: this.#host });
    }
    if (this.#isSwitching) {
      throw new BusyError("switch the protocol", "another one is taking over in this turn");
    }
    this.#isSwitching = true;
    this.#seat.seat(null);
    this.#in.isGated = true;
    this.#in.isPaused = false;
    this.#syncReading();
    this.#out.stopProducer();
    this.#releaseIfFree();
    this.#settleLater();
    this.#runtime.turn.later(() => this.#switched(next, early));
  }

  setLimits(given: Partial<ConnectionLimits>): void {
    this.#limits = resolveLimits(given, this.#limits);
    if (this.#life.phase !== "live") return;
    const { reading, sending } = this.#life;
    this.#bounds.changed(this.#limits, given, reading === "ended" && sending !== "ended");
    this.#syncReading();
  }

  observe(observer: Observer): Disposable {
    return this.#observers.add(observer);
  }

  opened(): void {
    if (!this.#life.step("opened")) return;
    this.#bounds.opened();
    this.#host = this.#wire.host;
    this.#peer = this.#wire.peer;
    this.#observers.opened({ host: this.#host, peer: this.#peer });
    if (!this.#seat.make({ host: this.#host, peer: this.#peer })) return this.abortConnection();
    this.#seat.begin(this.#seat.tell((protocol) => protocol.connectionMade(this.transport)));
    this.#runtime.turn.later(this.#ungate);
  }

  received(chunk: Bytes): void {
    const { phase, reading } = this.#life;
    if (phase === "over") return;
    this.#in.received += chunk.byteLength;
    this.#bounds.received();
    if (phase !== "live" || reading === "discarding") return;
    if (reading !== "open") return this.#wireBroke("reported bytes after the peer's end");
    if (this.#in.isFlowing) {
      this.#in.delivered += chunk.byteLength;
      this.#deliver(chunk);
      return;
    }
    this.#in.keep(chunk);
    this.#syncReading();
  }

  sent(byteCount: number): void {
    if (this.#life.phase === "over") return;
    if (!this.#out.sent(byteCount)) return this.#wireBroke("reported more sent than it was given");
    this.#bounds.sent(this.#out.pending > 0);
    if (!this.#out.isSending) this.#settle();
  }

  peerEnded(): void {
    this.#verdict.ended("peer");
    if (!this.#life.step("peerEnded")) return this.#wireBroke("reported the peer's end twice");
    this.#deliverWaiting();
    this.#settle();
  }

  sendingEnded(): void {
    const wasAsked = this.#life.sending === "ending";
    if (!this.#life.step("sendingEnded")) return this.#wireBroke("reported our end twice");
    if (this.#life.phase !== "live") return;
    this.#bounds.sendingEnded();
    if (!wasAsked) this.#takesNoMore();
    if (!this.#isLosing) this.#seat.tell((protocol) => protocol.writeConnectionLost?.());
    this.#settle();
  }

  over(cause?: CloseCause): void {
    if (this.#life.phase === "over" || this.#over !== null) return;
    this.#over = { cause };
    if (this.#life.phase === "live") this.#wireIsGone(cause);
    this.#finishIfTold();
  }

  endTurn(): void {
    this.#isEndTurnDue = false;
    this.#settle();
  }

  #settleLater(): void {
    if (this.#isEndTurnDue) return;
    this.#isEndTurnDue = true;
    this.#runtime.turn.atEnd(this);
  }

  /** Does what is due, outside every call of the protocol: sends, resumes the producer, ends, closes. */
  #settle(): void {
    if (this.#life.phase !== "live") return;
    this.#out.flush(this.#isLosing);
    this.#out.resumeProducer(this.#limits.writeLow);
    const { phase, reading, sending } = this.#life;
    if (phase !== "live") return;
    if (sending === "draining" && this.#out.pending === 0) {
      this.#life.step("drained");
      this.#wire.endSending();
    } else if (sending === "ended" && reading === "ended") {
      this.#verdict.complete();
      this.#leave("close");
    } else if (sending === "ended" && reading === "discarding") {
      if (this.#lingers) this.#bounds.linger();
      else this.#leave("close");
    }
  }

  readonly #ungate = (): void => {
    if (this.#isSwitching) return;
    this.#in.isGated = false;
    this.#deliverAndSettle();
  };

  #switched(next: Protocol, early: Bytes | undefined): void {
    this.#isSwitching = false;
    this.#seat.seat(next);
    if (early !== undefined && early.byteLength > 0) this.#in.putEarly(early);
    this.#life.step("switched");
    this.#seat.tell((protocol) => protocol.connectionMade(this.transport));
    if (this.#life.sending === "ended" && !this.#isLosing) {
      this.#seat.tell((protocol) => protocol.writeConnectionLost?.());
    }
    this.#ungate();
  }

  #syncReading(): void {
    if (this.#over !== null || this.#life.phase !== "live") return;
    this.#in.syncReading(this.#life.reading, this.#lingers, this.#limits);
  }

  #deliver(chunk: Bytes): void {
    this.#observers.bytes("in", chunk);
    this.#seat.tell((protocol) => protocol.dataReceived(chunk));
  }

  #deliverLater(): void {
    if (this.#isDeliveryDue) return;
    this.#isDeliveryDue = true;
    this.#runtime.turn.later(() => {
      this.#isDeliveryDue = false;
      this.#deliverAndSettle();
    });
  }

  #deliverAndSettle(): void {
    this.#deliverWaiting();
    this.#settle();
    this.#finishIfTold();
  }

  /** Delivers what waits, as far as the protocol lets it, then the peer's end. */
  #deliverWaiting(): void {
    while (this.#mayDeliver()) {
      const chunk = this.#in.take();
      if (chunk === undefined) break;
      this.#deliver(chunk);
    }
    if (this.#mayDeliver() && this.#life.reading === "ending") this.#readEnded();
    this.#syncReading();
  }

  #mayDeliver(): boolean {
    return this.#life.phase === "live" && !this.#isLosing && this.#in.mayDeliver;
  }

  #readEnded(): void {
    this.#life.step("emptied");
    const isAware = this.#seat.isAwareOfHalfClose;
    if (this.#life.sending !== "ended") this.#bounds.halfOpen(isAware);
    if (isAware) this.#seat.tell((protocol) => protocol.readConnectionLost?.());
    else this.loseConnection();
  }

  #releaseIfFree(): void {
    if (this.#life.sending === "held" && !this.#out.hasProducer) this.#life.step("release");
  }

  /** The peer takes no more: what is queued is unsent, the producer is stopped; reading goes on. */
  #takesNoMore(): void {
    this.#out.giveUp();
    this.#out.stopProducer();
  }

  /** Both directions have ended with the wire; without a cause, what is unread still comes first. */
  #wireIsGone(cause: CloseCause | undefined): void {
    if (this.#life.sending !== "ended") {
      const wasCut = this.#out.pending > 0;
      this.#life.step("sendingEnded");
      this.#takesNoMore();
      if (cause === undefined && wasCut) this.#verdict.blame(wireBroke("ended with bytes unsent"));
    }
    if (cause !== undefined) return;
    this.#verdict.ended("peer");
    const { reading } = this.#life;
    if (reading === "open" || reading === "discarding") this.#life.step("peerEnded");
    this.#deliverWaiting();
    if (this.#life.reading === "ended") this.#verdict.complete();
  }

  #failLater(cause: CloseCause): void {
    this.#verdict.blame(cause);
    this.#runtime.turn.later(() => this.#leaveBecause(cause, "abort"));
  }

  readonly #fail = (thrown: unknown): void => {
    this.#leaveBecause(threw(thrown), "abort");
  };

  readonly #boundPassed = (cause: CloseCause): void => {
    const isClean = this.#out.pending === 0 && this.#life.phase === "live";
    this.#leaveBecause(cause, isClean ? "close" : "abort");
  };

  #wireBroke(what: string): void {
    if (this.#life.phase === "live") this.#leaveBecause(wireBroke(what), "abort");
  }

  #leaveBecause(cause: CloseCause, verb: "close" | "abort"): void {
    if (this.#life.phase === "leaving" || this.#life.phase === "over") return;
    this.#verdict.blame(cause);
    this.#leave(verb);
  }

  /** Asks the wire to let go; its `over` is all that is awaited from here on. */
  #leave(verb: "close" | "abort"): void {
    this.#life.step("leave");
    this.#bounds.clear();
    this.#out.giveUp();
    this.#in.discard();
    if (this.#over !== null) this.#runtime.turn.later(() => this.#finishIfTold());
    else if (verb === "close") this.#wire.close();
    else this.#wire.abort();
  }

  /** Ends the connection, once the wire is over and nothing must be told before the end. */
  #finishIfTold(): void {
    const { phase, reading } = this.#life;
    if (this.#over === null || phase === "over" || this.#isSwitching) return;
    const { cause } = this.#over;
    if (phase === "live" && cause === undefined && reading !== "ended") return;
    this.#bounds.clear();
    if (phase === "live") this.#life.step("leave");
    this.#out.giveUp();
    this.#out.stopProducer();
    this.#life.step("over");
    const reason = { ...this.#verdict.final(cause), ledger: this.ledger };
    this.#observers.ended(reason);
    this.#seat.conclude(reason, this.#host, this.#peer);
  }
}
