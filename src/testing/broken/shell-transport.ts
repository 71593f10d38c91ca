import type {
  Address,
  Bytes,
  Capability,
  ConnectionLimits,
  Ledger,
  Protocol,
  PullProducer,
  PushProducer,
} from "../../contract/index.ts";
import type { MemoryTransport } from "../../memory/index.ts";
import type { Overrides } from "./damage.ts";
import { registerWith } from "./damage.ts";

/** A transport around another one: passes every call on, but for those that are replaced. */
export class ShellTransport implements MemoryTransport {
  readonly #inner: MemoryTransport;
  readonly #changes: Overrides;
  isClosing = false;
  isHalfClosed = false;

  constructor(inner: MemoryTransport, changes: Overrides) {
    this.#inner = inner;
    this.#changes = changes;
  }

  write(data: Bytes): void {
    (this.#changes.write ?? this.#inner.write).call(this.#inner, data);
  }

  writeSequence(data: Iterable<Bytes>): void {
    (this.#changes.writeSequence ?? this.#inner.writeSequence).call(this.#inner, data);
  }

  loseConnection(): void {
    (this.#changes.loseConnection ?? this.#inner.loseConnection).call(this.#inner);
    this.isClosing = true;
  }

  loseWriteConnection(): void {
    (this.#changes.loseWriteConnection ?? this.#inner.loseWriteConnection).call(this.#inner);
    this.isHalfClosed = true;
  }

  abortConnection(): void {
    (this.#changes.abortConnection ?? this.#inner.abortConnection).call(this.#inner);
  }

  registerProducer(producer: PullProducer | PushProducer, streaming: boolean): void {
    const { registerProducer } = this.#changes;
    if (registerProducer === undefined) registerWith(this.#inner, producer, streaming);
    else registerProducer(producer as PushProducer, streaming);
  }

  unregisterProducer(): void {
    (this.#changes.unregisterProducer ?? this.#inner.unregisterProducer).call(this.#inner);
  }

  pauseProducing(): void {
    (this.#changes.pauseProducing ?? this.#inner.pauseProducing).call(this.#inner);
  }

  resumeProducing(): void {
    (this.#changes.resumeProducing ?? this.#inner.resumeProducing).call(this.#inner);
  }

  stopProducing(): void {
    this.loseConnection();
  }

  flushed(): Promise<void> {
    return (this.#changes.flushed ?? this.#inner.flushed).call(this.#inner);
  }

  switchProtocol(next: Protocol, early?: Bytes): void {
    const { switchProtocol = this.#inner.switchProtocol } = this.#changes;
    switchProtocol.call(this.#inner, next, early);
  }

  setLimits(limits: Partial<ConnectionLimits>): void {
    (this.#changes.setLimits ?? this.#inner.setLimits).call(this.#inner, limits);
  }

  getHost(): Address {
    return (this.#changes.getHost ?? this.#inner.getHost).call(this.#inner);
  }

  getPeer(): Address {
    return (this.#changes.getPeer ?? this.#inner.getPeer).call(this.#inner);
  }

  get ledger(): Ledger {
    return this.#changes.ledger ?? this.#inner.ledger;
  }

  get capabilities(): ReadonlySet<Capability> {
    return this.#changes.capabilities ?? this.#inner.capabilities;
  }
}
