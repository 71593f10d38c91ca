import type {
  Abortable,
  Address,
  Bytes,
  Capability,
  ConnectionLimits,
  HalfCloseable,
  Ledger,
  Observer,
  Protocol,
  PullProducer,
  PushProducer,
  Transport,
} from "../contract/index.ts";
import { ClosedError, UnsupportedError } from "../contract/index.ts";
import { checkBytes, checkChunks, checkProducer, checkProtocol } from "./arguments.ts";
import type { FlowCalls } from "./calls.ts";
import type { Observable } from "./observe.ts";

/** The flow behind a transport that is made by flow; for `beneath.ts` alone. */
export let seeThrough: (transport: Transport) => FlowCalls | null;

/**
 * Switches a transport that is made by flow to a layer, which holds it through another face from
 * then on; this one takes no more bytes. For `beneath.ts` alone.
 */
export let handOver: (
  transport: Transport,
  switchTo: () => void,
) => { readonly face: FlowTransport; readonly succeed: (above: Transport) => void } | null;

/**
 * The face of a flow that a protocol holds: checks arguments, refuses what the wire cannot do, and
 * decides nothing. Wires with more to offer extend it.
 */
export class FlowTransport implements Transport, Abortable, HalfCloseable, Observable {
  static {
    seeThrough = (transport) => (#flow in transport ? transport.#flow : null);
    handOver = (transport, switchTo) => {
      if (!(#flow in transport)) return null;
      transport.#requireOwn("take the connection over");
      const face = new FlowTransport(transport.#flow);
      const taking: Taking = { face, isDone: false, above: null, isLoseAsked: false };
      transport.#taking = taking;
      try {
        switchTo();
      } catch (error) {
        transport.#taking = null;
        throw error;
      }
      taking.isDone = true;
      return { face, succeed: (above) => succeed(taking, above) };
    };
  }

  readonly #flow: FlowCalls;
  /** Once a layer takes the connection over. */
  #taking: Taking | null = null;

  constructor(flow: FlowCalls) {
    this.#flow = flow;
  }

  write(data: Bytes): void {
    checkBytes("write", data);
    this.#requireOwn("write");
    if (data.length > 0) this.#flow.write(data);
  }

  writeSequence(data: Iterable<Bytes>): void {
    const all = checkChunks("writeSequence", data);
    this.#requireOwn("write");
    const chunks = all.filter(({ length }) => length > 0);
    const size = chunks.reduce((sum, { length }) => sum + length, 0);
    if (size > 0) this.#flow.writeAll(chunks, size);
  }

  loseConnection(): void {
    const taken = this.#taken();
    if (taken === null) this.#flow.loseConnection();
    else if (taken.above !== null) taken.above.loseConnection();
    else taken.isLoseAsked = true;
  }

  loseWriteConnection(): void {
    this.#requireOwn("end one direction of the connection");
    this.#require("halfClose", "end one direction of the connection");
    this.#flow.loseWriteConnection();
  }

  abortConnection(): void {
    this.#require("abort", "abort the connection");
    this.#flow.abortConnection();
  }

  getPeer(): Address {
    return this.#flow.peer;
  }

  getHost(): Address {
    return this.#flow.host;
  }

  registerProducer(producer: PullProducer | PushProducer, streaming: boolean): void {
    checkProducer(producer, streaming);
    this.#requireOwn("register a producer");
    this.#flow.registerProducer(producer, streaming);
  }

  unregisterProducer(): void {
    if (this.#taken() === null) this.#flow.unregisterProducer();
  }

  pauseProducing(): void {
    const taken = this.#taken();
    if (taken !== null) taken.above?.pauseProducing();
    else this.#flow.pauseReading();
  }

  resumeProducing(): void {
    const taken = this.#taken();
    if (taken !== null) taken.above?.resumeProducing();
    else this.#flow.resumeReading();
  }

  stopProducing(): void {
    this.loseConnection();
  }

  flushed(): Promise<void> {
    const settled = new Promise<void>((resolve, reject) => {
      this.#flow.whenSent((wasSent) => {
        if (wasSent) resolve();
        else reject(new ClosedError("flush what was written", { address: this.#flow.host }));
      });
    });
    settled.catch(() => undefined);
    return settled;
  }

  get ledger(): Ledger {
    return this.#flow.ledger;
  }

  get capabilities(): ReadonlySet<Capability> {
    return this.#flow.capabilities;
  }

  switchProtocol(next: Protocol, early?: Bytes): void {
    checkProtocol(next);
    if (early !== undefined) checkBytes("switchProtocol", early);
    this.#requireOwn("switch the protocol");
    this.#flow.switchProtocol(next, early, this.#taking?.face ?? this);
  }

  setLimits(limits: Partial<ConnectionLimits>): void {
    this.#flow.setLimits(limits);
  }

  observe(observer: Observer): Disposable {
    return this.#flow.observe(observer);
  }

  #taken(): Taking | null {
    return this.#taking?.isDone === true ? this.#taking : null;
  }

  /** What is written past a layer that has the connection would spoil what the layer sends. */
  #requireOwn(attempt: string): void {
    if (this.#taking?.isDone !== true) return;
    throw new ClosedError(attempt, { address: this.#flow.host }, "a layer has taken it over");
  }

  #require(capability: Capability, attempt: string): void {
    if (this.#flow.capabilities.has(capability)) return;
    const why = `this wire cannot (capability ${capability} is absent)`;
    throw new UnsupportedError(attempt, why, { address: this.#flow.host });
  }
}

/** What is left to a transport whose connection a layer takes over. */
interface Taking {
  /** What the layer holds. */
  readonly face: FlowTransport;
  isDone: boolean;
  /** What stands on the layer, once it is open: closed and paused in place of this. */
  above: Transport | null;
  isLoseAsked: boolean;
}

function succeed(taking: Taking, above: Transport): void {
  taking.above = above;
  if (taking.isLoseAsked) above.loseConnection();
}
