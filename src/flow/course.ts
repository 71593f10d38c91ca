import type {
  Bytes,
  Clock,
  CloseCause,
  EndOfTurn,
  Ledger,
  Limits,
  OnError,
  Opening,
  Runtime,
} from "../contract/index.ts";
import { DEFAULT_LIMITS } from "../contract/index.ts";
import type { BoundSeat } from "./bounds.ts";
import { Bounds } from "./bounds.ts";
import { threw, wireBroke } from "./causes.ts";
import { defaultOnError } from "./default-on-error.ts";
import { Inflow } from "./inflow.ts";
import { Life } from "./life.ts";
import { Observers } from "./observers.ts";
import type { OutflowSeat } from "./outflow.ts";
import { Outflow } from "./outflow.ts";
import type { Passage } from "./passage.ts";
import { ProtocolSeat } from "./protocol-seat.ts";
import type { ArrivedRider } from "./riders.ts";
import { overran } from "./riders.ts";
import { systemRuntime } from "./system-runtime.ts";
import { Verdict } from "./verdict.ts";
import type { FlowOptions, Wire } from "./wire.ts";

/**
 * The course of one connection: its parts, and what is due next.
 *
 * What a protocol asks and what a wire reports is entered in the parts at once; what follows from
 * it
 * happens in `settle`, outside every call of the protocol, so that no call leads back into it.
 */
export class Course implements EndOfTurn, OutflowSeat, BoundSeat {
  readonly depth: number;
  readonly runtime: Runtime;
  readonly lingers: boolean;
  readonly onError: OnError;
  readonly wire: Wire;
  readonly life: Life = new Life();
  observers: Observers;
  readonly seat: ProtocolSeat;
  readonly out: Outflow;
  readonly in: Inflow;
  readonly bounds: Bounds;
  limits: Limits;
  isLosing = false;
  /** What is queued is still to be sent, for nobody who would act on a stall. */
  isComingToRest = false;
  /** A protocol waits for its `connectionMade`. */
  isSwitching = false;
  /** The wire is over; the end waits for what must be told before it. */
  over: { readonly met: CloseCause | undefined; readonly waits: boolean } | null = null;
  /** Made when something decides: most of a connection's life nothing does. */
  #verdict: Verdict | null = null;
  /** What comes here past the protocols, and what leaves here so. */
  inlet: Passage | null = null;
  outlet: Passage | null = null;
  #isSettleDue = false;
  #isDeliveryDue = false;

  constructor(wire: Wire, options: FlowOptions) {
    this.onError = options.onError ?? defaultOnError;
    this.wire = wire;
    this.limits = options.limits ?? DEFAULT_LIMITS;
    this.runtime = options.runtime ?? systemRuntime();
    this.depth = options.depth ?? 0;
    this.lingers = options.capabilities.has("linger");
    this.observers = Observers.of(options.observer, this.onError);
    this.seat = new ProtocolSeat(options, this);
    this.out = new Outflow(this);
    this.in = new Inflow();
    this.bounds = new Bounds(this);
  }

  get verdict(): Verdict {
    this.#verdict ??= new Verdict();
    return this.#verdict;
  }

  /** Both ends, from `opened` on. */
  get opening(): Opening {
    return { host: this.wire.host, peer: this.wire.peer };
  }

  get clock(): Clock {
    return this.runtime.clock;
  }

  get ledger(): Ledger {
    const { accepted, sentCount: sent, unsent, dropped, inFlight } = this.out;
    const { received, delivered, undelivered } = this.in;
    return { accepted, sent, unsent, dropped, received, delivered, undelivered, inFlight };
  }

  get isFinishing(): boolean {
    return this.isLosing || this.isComingToRest;
  }

  settleLater(): void {
    if (this.#isSettleDue) return;
    this.#isSettleDue = true;
    this.runtime.turn.atEnd(this);
  }

  endTurn(): void {
    this.#isSettleDue = false;
    this.settle();
  }

  /** Opens or closes the shortcuts that begin or end here, as it may be now. */
  syncPassages(): void {
    this.inlet?.sync();
    this.outlet?.sync();
  }

  /** From here on bytes are shown again, until all is settled. */
  closePassages(): void {
    this.inlet?.close();
    this.outlet?.close();
  }

  /** Does what is due: sends, resumes the producer, ends our direction, lingers, closes. */
  settle(): void {
    if (this.life.phase !== "live") return;
    this.out.flush(this.isLosing);
    this.out.resumeProducer(this.limits.writeLow);
    const { phase, reading, sending } = this.life;
    if (phase !== "live") return;
    if (sending === "draining" && this.out.pending === 0) {
      this.#leaveRiders();
      this.life.step("drained");
      this.wire.endSending();
      // Our end waits to be taken as bytes do: a close must not hang on it.
      if (this.isLosing) this.bounds.queued();
    } else if (sending === "ended" && reading === "ended" && !this.isSwitching) {
      this.verdict.complete();
      this.#leave("close");
    } else if (sending === "ended" && reading === "discarding") {
      if (this.lingers) this.bounds.linger();
      else this.#leave("close");
    }
    this.syncPassages();
  }

  loseConnection(): void {
    if (this.isLosing) return;
    this.closePassages();
    this.isLosing = true;
    this.verdict.ended("us");
    if (!this.life.step("lose") || this.life.phase !== "live") return;
    this.in.discard();
    this.bounds.finishing(this.out.pending > 0 || this.life.sending === "ending");
    this.releaseIfFree();
    this.syncReading();
    this.settleLater();
  }

  /** Lets an end that was asked for go on, if no producer holds it. */
  releaseIfFree(): void {
    if (this.life.sending === "held" && !this.out.hasProducer) this.life.step("release");
  }

  syncReading(): void {
    if (this.over !== null || this.life.phase !== "live") return;
    this.in.syncReading(this.wire, this.life.reading, this.lingers, this.limits);
  }

  /** @returns whether nobody keeps the chunk: no protocol, and nobody who observes. */
  deliver(chunk: Bytes): boolean {
    const isShown = this.observers !== Observers.none;
    this.observers.bytes("in", chunk);
    return this.seat.deliver(chunk) && !isShown;
  }

  /** Tells the protocol what came with the bytes; without a protocol nobody takes it. */
  deliverRider(rider: ArrivedRider): void {
    if (this.seat.protocol === null) rider.discard();
    else this.seat.tell((protocol) => rider.deliver(protocol));
  }

  deliverLater(): void {
    if (this.#isDeliveryDue) return;
    this.#isDeliveryDue = true;
    this.runtime.turn.later(() => {
      this.#isDeliveryDue = false;
      this.deliverAndSettle();
    });
  }

  deliverAndSettle(): void {
    this.deliverWaiting();
    this.settle();
    this.finishIfTold();
  }

  /** Delivers what waits, as far as the protocol lets it, then the peer's end. */
  deliverWaiting(): void {
    while (this.#mayDeliver()) {
      const rider = this.in.takeRider();
      const chunk = rider === undefined ? this.in.take() : undefined;
      if (rider !== undefined) this.deliverRider(rider);
      else if (chunk !== undefined) this.deliver(chunk);
      else break;
    }
    if (this.#mayDeliver() && this.life.reading === "ending") this.#readEnded();
    this.syncReading();
  }

  /** The peer takes no more: what is queued is unsent, the producer is stopped; reading goes on. */
  takesNoMore(): void {
    this.out.giveUp();
    this.out.stopProducer();
  }

  /** A callback threw. */
  fail(thrown: unknown): void {
    this.leaveBecause(threw(thrown), "abort");
  }

  wireBroke(what: string): void {
    if (this.life.phase === "live") this.leaveBecause(wireBroke(what), "abort");
  }

  leaveBecause(cause: CloseCause, verb: "close" | "abort"): void {
    if (this.life.phase === "leaving" || this.life.phase === "over") return;
    this.verdict.blame(cause);
    this.#leave(verb);
  }

  /** Ends the connection, once the wire is over and nothing must be told before the end. */
  finishIfTold(): void {
    const { phase, reading } = this.life;
    if (this.over === null || phase === "over" || this.isSwitching) return;
    const { met, waits } = this.over;
    if (phase === "live" && waits && reading !== "ended") return;
    this.bounds.clear();
    if (phase === "live") this.life.step("leave");
    this.takesNoMore();
    this.in.discardRiders();
    this.life.step("over");
    const reason = this.verdict.final(met, this.ledger);
    this.observers.ended(reason);
    this.seat.conclude(reason);
  }

  /** Asks the wire to let go; its `over` is all that is awaited from here on. */
  #leave(verb: "close" | "abort"): void {
    this.closePassages();
    this.life.step("leave");
    this.bounds.clear();
    this.out.discardQueue();
    this.in.discard();
    if (this.over !== null) this.runtime.turn.later(() => this.finishIfTold());
    else if (verb === "close") this.wire.close();
    else this.wire.abort();
  }

  /** Riders that no byte is left for: the close goes on, and says so. */
  #leaveRiders(): void {
    const { riders } = this.out;
    if (riders.waitingCount > 0) this.verdict.blame(overran(riders.waitingCount));
    riders.giveUp();
  }

  #mayDeliver(): boolean {
    return this.life.phase === "live" && !this.isLosing && this.in.mayDeliver;
  }

  #readEnded(): void {
    this.life.step("emptied");
    const isAware = this.seat.isAwareOfHalfClose;
    if (this.life.sending !== "ended") this.bounds.halfOpen(isAware);
    if (isAware) this.seat.tell((protocol) => protocol.readConnectionLost?.());
    else this.loseConnection();
  }

  /**
   * A peer that was sent our end gets what the system still holds for it; any other must be able to
   * tell a stream that was cut from a whole one.
   */
  boundPassed(cause: CloseCause): void {
    const hasEnded = this.life.phase === "live" && this.life.sending === "ended";
    this.leaveBecause(cause, hasEnded ? "close" : "abort");
  }

  unacknowledged(): number | undefined {
    return this.wire.unacknowledged?.();
  }
}
