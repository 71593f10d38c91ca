import type { Bytes, CloseCause } from "../contract/index.ts";
import { Asks } from "./asks.ts";
import { waitsForReader, wireBroke } from "./causes.ts";
import { Course } from "./course.ts";
import type { ArrivedRider } from "./riders.ts";
import { FlowTransport } from "./transport.ts";
import type { Facts, FlowOptions, Wire } from "./wire.ts";

/**
 * One connection: the hard half of a transport, decided once for all wires.
 *
 * Above it a {@link FlowTransport} passes on what the protocol asks; below it a {@link Wire}
 * carries
 * out verbs and reports the facts that arrive here.
 */
export class Flow implements Facts {
  readonly transport: FlowTransport;
  readonly #asks: Asks;
  readonly #course: Course;

  constructor(makeWire: (facts: Facts) => Wire, options: FlowOptions) {
    this.#course = new Course(makeWire(this), options);
    this.#asks = new Asks(this.#course, options.capabilities);
    this.transport =
      options.transport?.(this.#asks, this.#course.wire) ?? new FlowTransport(this.#asks);
    if (options.handshakes === true) this.#course.bounds.handshake();
  }

  /**
   * Gives up a connection that has not opened yet: `begun` is told `error`, no protocol anything.
   */
  cancel(error: unknown): void {
    this.#course.seat.begin(error);
    this.#asks.abortConnection();
  }

  /**
   * Tells `told` once, when all that is queued now was sent, or is lost; at once where that is
   * known.
   */
  whenSent(told: (wasSent: boolean) => void): void {
    this.#asks.whenSent(told);
  }

  opened(): void {
    const course = this.#course;
    if (!course.life.step("opened")) return;
    course.bounds.opened();
    course.observers.opened(course);
    if (!course.seat.make(course.wire.peer)) {
      this.#asks.abortConnection();
      return;
    }
    course.seat.begin(course.seat.tell((protocol) => protocol.connectionMade(this.transport)));
    course.runtime.turn.later(() => this.#ungate());
  }

  received(chunk: Bytes): boolean {
    const { bounds, in: inflow, life } = this.#course;
    if (life.phase === "over" || chunk.length === 0) return false;
    inflow.received += chunk.length;
    bounds.received();
    if (life.phase !== "live" || life.reading === "discarding") return false;
    if (life.reading !== "open") {
      this.#course.wireBroke("reported bytes after the peer's end");
    } else if (inflow.isFlowing) {
      inflow.delivered += chunk.length;
      return this.#course.deliver(chunk);
    } else {
      inflow.keep(chunk);
      this.#course.syncReading();
    }
    return false;
  }

  brought(rider: ArrivedRider): void {
    const { in: inflow, life } = this.#course;
    if (life.phase !== "live" || life.reading !== "open") {
      rider.discard();
    } else if (inflow.isFlowing) {
      this.#course.deliverRider(rider);
    } else {
      inflow.keepRider(rider);
      this.#course.syncReading();
    }
  }

  sent(byteCount: number): void {
    const { bounds, life, out } = this.#course;
    if (life.phase === "over") return;
    if (!out.sent(byteCount)) {
      this.#course.wireBroke("reported more sent than it was given");
      return;
    }
    bounds.sent(out.pending > 0);
    if (!out.isSending) this.#course.settle();
  }

  peerEnded(): void {
    const { life, verdict } = this.#course;
    verdict.ended("peer");
    if (!life.step("peerEnded")) {
      this.#course.wireBroke("reported the peer's end twice");
      return;
    }
    this.#course.deliverWaiting();
    this.#course.settle();
  }

  sendingEnded(): void {
    const { bounds, life, seat } = this.#course;
    const wasAsked = life.sending === "ending";
    if (!life.step("sendingEnded")) {
      this.#course.wireBroke("reported our end twice");
      return;
    }
    if (life.phase !== "live") return;
    bounds.sendingEnded();
    if (!wasAsked) this.#course.takesNoMore();
    if (!this.#course.isLosing) seat.tell((protocol) => protocol.writeConnectionLost?.());
    this.#course.settle();
  }

  over(cause?: CloseCause): void {
    const course = this.#course;
    if (course.life.phase === "over" || course.over !== null) return;
    course.closePassages();
    const isOrderly = cause === undefined || cause.kind === "done";
    const waits = waitsForReader(cause);
    course.over = { met: cause, waits };
    if (isOrderly) course.verdict.ended(cause?.by === "us" ? "us" : "peer");
    else course.verdict.met(cause);
    if (course.life.phase === "live") this.#endSendingWithWire(isOrderly);
    if (course.life.phase === "live" && waits) this.#endReadingWithWire();
    course.finishIfTold();
  }

  /** What is unsent stays so. A wire that leaves with bytes unsent and no cause has broken. */
  #endSendingWithWire(isOrderly: boolean): void {
    const { life, out, verdict } = this.#course;
    if (life.sending === "ended") return;
    if (isOrderly && out.pending > 0) verdict.blame(wireBroke("ended with bytes unsent"));
    life.step("sendingEnded");
    this.#course.takesNoMore();
  }

  /** The peer's end, which waits behind unread bytes. */
  #endReadingWithWire(): void {
    const { life, verdict } = this.#course;
    if (life.reading === "open" || life.reading === "discarding") life.step("peerEnded");
    this.#course.deliverWaiting();
    if (life.reading === "ended") verdict.complete();
  }

  #ungate(): void {
    if (this.#course.isSwitching) return;
    this.#course.in.isGated = false;
    this.#course.deliverAndSettle();
  }
}
