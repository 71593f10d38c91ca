import type {
  Address,
  Bytes,
  Capability,
  ConnectionLimits,
  Ledger,
  Limits,
  Observer,
  OnError,
  Protocol,
  PullProducer,
  PushProducer,
  Runtime,
  Transport,
} from "../contract/index.ts";
import {
  BusyError,
  ClosedError,
  ProducerRegisteredError,
  resolveLimits,
} from "../contract/index.ts";
import type { FlowCalls } from "./calls.ts";
import { passedWriteLimit } from "./causes.ts";
import type { Course } from "./course.ts";
import { guard } from "./guard.ts";
import { FLUSH_AT_ONCE_BYTES } from "./outflow.ts";
import { Passage } from "./passage.ts";
import type { Rider } from "./riders.ts";
import type { Shortened } from "./shorten.ts";

/**
 * What a protocol asks of its connection, entered in the parts at once; the course does the rest.
 */
export class Asks implements FlowCalls {
  readonly capabilities: ReadonlySet<Capability>;
  readonly #course: Course;

  constructor(course: Course, capabilities: ReadonlySet<Capability>) {
    this.#course = course;
    this.capabilities = capabilities;
  }

  get host(): Address {
    return this.#course.wire.host;
  }

  get peer(): Address {
    return this.#course.wire.peer;
  }

  get ledger(): Ledger {
    return this.#course.ledger;
  }

  get limits(): Limits {
    return this.#course.limits;
  }

  get isLosing(): boolean {
    return this.#course.isLosing;
  }

  get runtime(): Runtime {
    return this.#course.runtime;
  }

  get onError(): OnError {
    return this.#course.onError;
  }

  get depth(): number {
    return this.#course.depth;
  }

  get protocol(): Protocol | null {
    return this.#course.seat.protocol;
  }

  /** Whether our direction takes anything yet: until its end is asked for, or while it is held. */
  #takesMore(): boolean {
    const { life } = this.#course;
    return life.phase === "live" && (life.sending === "open" || life.sending === "held");
  }

  write(chunk: Bytes): void {
    if (!this.#takes(chunk.length)) return;
    const { out } = this.#course;
    const before = out.pending;
    out.push(chunk);
    this.#wrote(before);
  }

  writeAll(chunks: readonly Bytes[], size: number): void {
    if (!this.#takes(size)) return;
    const { out } = this.#course;
    const before = out.pending;
    for (const chunk of chunks) out.push(chunk);
    this.#wrote(before);
  }

  ride(rider: Rider): boolean {
    const { limits, out } = this.#course;
    if (!this.#takesMore()) return false;
    this.#course.inlet?.close();
    out.riders.push(rider);
    out.pauseProducer(limits.writeHigh);
    this.#course.settleLater();
    return true;
  }

  loseConnection(): void {
    this.#course.loseConnection();
  }

  loseWriteConnection(): void {
    const { inlet, life, verdict } = this.#course;
    inlet?.close();
    verdict.ended("us");
    if (!life.step("loseWrite") || life.phase !== "live") return;
    this.#course.releaseIfFree();
    this.#course.settleLater();
  }

  abortConnection(): void {
    this.#course.leaveBecause({ kind: "aborted", by: "us" }, "abort");
  }

  registerProducer(producer: PullProducer | PushProducer, streaming: boolean): void {
    const { life, limits, out } = this.#course;
    if (out.hasProducer) throw new ProducerRegisteredError();
    if (life.phase !== "live" || life.sending === "ending" || life.sending === "ended") {
      guard(
        () => producer.stopProducing(),
        (error) => this.#course.fail(error),
      );
      return;
    }
    if (life.sending === "draining") life.step("hold");
    out.register(producer, streaming, limits.writeHigh);
  }

  unregisterProducer(): void {
    if (!this.#course.out.unregister()) return;
    this.#course.releaseIfFree();
    this.#course.settleLater();
  }

  pauseReading(): void {
    const { in: inflow, isLosing, life, observers } = this.#course;
    if (inflow.isPaused || isLosing || life.phase !== "live") return;
    inflow.isPaused = true;
    observers.paused("in");
    this.#course.syncReading();
  }

  resumeReading(): void {
    const { in: inflow, isLosing, life, observers } = this.#course;
    if (!inflow.isPaused || isLosing || life.phase !== "live") return;
    inflow.isPaused = false;
    observers.resumed("in");
    if (inflow.isEmpty && life.reading === "open") this.#course.syncReading();
    else this.#course.deliverLater();
  }

  whenSent(told: (wasSent: boolean) => void): void {
    const { life, out } = this.#course;
    if (life.phase !== "live" && out.unsent > 0) told(false);
    else out.whenSent(told);
  }

  comeToRest(told: (wasSent: boolean) => void): void {
    const course = this.#course;
    course.isComingToRest = true;
    this.pauseReading();
    course.bounds.finishing(course.out.pending > 0);
    this.whenSent((wasSent) => {
      course.isComingToRest = false;
      this.resumeReading();
      told(wasSent);
    });
  }

  switchProtocol(next: Protocol, early: Bytes | undefined, transport: Transport): void {
    const course = this.#course;
    if (course.life.phase !== "live" || course.isLosing || course.over !== null) {
      throw new ClosedError("switch the protocol", { address: this.host });
    }
    if (course.isSwitching) {
      throw new BusyError("switch the protocol", "another one is taking over in this turn");
    }
    course.isSwitching = true;
    course.closePassages();
    course.seat.seat(null);
    course.in.isGated = true;
    course.syncReading();
    course.out.stopProducer();
    course.releaseIfFree();
    course.settleLater();
    course.runtime.turn.later(() => this.#switched(next, early, transport));
  }

  setLimits(given: Partial<ConnectionLimits>): void {
    const course = this.#course;
    course.closePassages();
    course.limits = resolveLimits(given, course.limits);
    const { phase, reading, sending } = course.life;
    if (phase !== "live") return;
    course.bounds.changed(given, reading === "ended" && sending !== "ended");
    if (course.out.pending > 0) course.bounds.queued();
    course.syncReading();
    course.settleLater();
  }

  observe(observer: Observer): Disposable {
    const course = this.#course;
    // What has gone past already is none of its business.
    course.closePassages();
    course.observers = course.observers.with(observer, course.onError);
    course.settleLater();
    return {
      [Symbol.dispose]: () => {
        course.observers = course.observers.without(observer);
        course.settleLater();
      },
    };
  }

  shortenTo(sink: FlowCalls): Shortened | null {
    return sink instanceof Asks ? Passage.between(this.#course, sink.#course) : null;
  }

  /**
   * The next protocol is told what it must know: the connection, early bytes, then what is unread.
   */
  #switched(next: Protocol, early: Bytes | undefined, transport: Transport): void {
    const { in: inflow, life, seat } = this.#course;
    this.#course.isSwitching = false;
    seat.seat(next);
    if (early !== undefined && early.length > 0) inflow.putEarly(early);
    inflow.isPaused = false;
    if (!this.#course.isLosing) life.step("switched");
    seat.tell((protocol) => protocol.connectionMade(transport));
    if (life.sending === "ended" && !this.#course.isLosing) {
      seat.tell((protocol) => protocol.writeConnectionLost?.());
    }
    if (this.#course.isSwitching) return;
    inflow.isGated = false;
    this.#course.deliverAndSettle();
  }

  #failForLimit(limit: number, queued: number): void {
    const cause = passedWriteLimit(limit, queued);
    this.#course.verdict.blame(cause);
    this.#course.runtime.turn.later(() => this.#course.leaveBecause(cause, "abort"));
  }

  /** Whether bytes that are written now will be sent; they are accounted for if not. */
  #takes(size: number): boolean {
    if (this.#takesMore()) {
      this.#course.inlet?.close();
      return true;
    }
    if (this.#course.life.phase !== "over") this.#course.out.drop(size);
    return false;
  }

  /** @param before what was pending before the write. */
  #wrote(before: number): void {
    const course = this.#course;
    const { limits, out } = course;
    const after = out.pending;
    // One write may pass the limit, if it began below the mark.
    if (after > limits.writeLimit && before > limits.writeHigh) {
      this.#failForLimit(limits.writeLimit, after);
    }
    out.wrote();
    course.bounds.queued();
    out.pauseProducer(limits.writeHigh);
    if (out.queued > FLUSH_AT_ONCE_BYTES) out.flush(course.isLosing);
    course.settleLater();
  }
}
