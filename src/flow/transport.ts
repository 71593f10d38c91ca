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
import { ClosedError, isBytes, UnsupportedError } from "../contract/index.ts";
import type { FlowCalls } from "./calls.ts";
import type { Observable } from "./observe.ts";

/**
 * The face of a flow that a protocol holds: checks arguments, refuses what the wire cannot do, and
 * decides nothing. Wires with more to offer extend it.
 */
export class FlowTransport implements Transport, Abortable, HalfCloseable, Observable {
  readonly #flow: FlowCalls;

  constructor(flow: FlowCalls) {
    this.#flow = flow;
  }

  write(data: Bytes): void {
    if (!isBytes(data)) throw notBytes("write", data);
    if (data.byteLength > 0) this.#flow.write([data], data.byteLength);
  }

  writeSequence(data: Iterable<Bytes>): void {
    if (!isIterable(data)) {
      throw new TypeError("writeSequence() takes an iterable of Uint8Array chunks");
    }
    const chunks: Bytes[] = [];
    let size = 0;
    for (const chunk of data) {
      if (!isBytes(chunk)) throw notBytes("writeSequence", chunk);
      if (chunk.byteLength === 0) continue;
      chunks.push(chunk);
      size += chunk.byteLength;
    }
    if (size > 0) this.#flow.write(chunks, size);
  }

  loseConnection(): void {
    this.#flow.loseConnection();
  }

  loseWriteConnection(): void {
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
    this.#flow.registerProducer(producer, streaming);
  }

  unregisterProducer(): void {
    this.#flow.unregisterProducer();
  }

  pauseProducing(): void {
    this.#flow.pauseReading();
  }

  resumeProducing(): void {
    this.#flow.resumeReading();
  }

  stopProducing(): void {
    this.#flow.loseConnection();
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
    if (early !== undefined && !isBytes(early)) throw notBytes("switchProtocol", early);
    this.#flow.switchProtocol(next, early, this);
  }

  setLimits(limits: Partial<ConnectionLimits>): void {
    this.#flow.setLimits(limits);
  }

  observe(observer: Observer): Disposable {
    return this.#flow.observe(observer);
  }

  #require(capability: Capability, attempt: string): void {
    if (this.#flow.capabilities.has(capability)) return;
    const why = `this wire cannot (capability ${capability} is absent)`;
    throw new UnsupportedError(attempt, why, { address: this.#flow.host });
  }
}

function notBytes(method: string, value: unknown): TypeError {
  const got = value === null ? "null" : typeof value;
  return new TypeError(`${method}() takes Uint8Array chunks, not ${got}; encode text first`);
}

function isIterable(value: unknown): boolean {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

function checkProducer(producer: PullProducer | PushProducer, streaming: boolean): void {
  if (typeof streaming !== "boolean") {
    throw new TypeError("registerProducer() takes true for a push producer, false for a pull one");
  }
  const needed = streaming
    ? ["pauseProducing", "resumeProducing", "stopProducing"]
    : ["resumeProducing", "stopProducing"];
  for (const name of needed) requireMethod("registerProducer", producer, name);
}

/** @throws {TypeError} naming the method that `next` lacks. */
export function checkProtocol(next: Protocol): void {
  for (const name of ["connectionMade", "dataReceived", "connectionLost"]) {
    requireMethod("a protocol", next, name);
  }
}

function requireMethod(where: string, value: unknown, name: string): void {
  const isObject = typeof value === "object" || typeof value === "function";
  if (isObject && value !== null && typeof Reflect.get(value, name) === "function") return;
  throw new TypeError(`${where}: an object with the method ${name}() is needed`);
}
